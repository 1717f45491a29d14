#pragma once

#include "tensorrt/availability.h"

namespace tensorrt_node {

// Since when the two products have what not every version that this package drives has. Read from
// the virtual tables of the headers of each version.

inline constexpr Since kTargets{{1, 5}, {}};
inline constexpr Since kHardwareCompatibility{{}, {10, 0}};
inline constexpr Since kBuildRoutes{{1, 6}, {11, 1}};
inline constexpr Since kRuntimePlatform{{1, 5}, {10, 2}};
inline constexpr Since kMaxTactics{{1, 5}, {10, 4}};
inline constexpr Since kTiling{{1, 5}, {10, 8}};
inline constexpr Since kShapeValues{{1, 5}, {10, 11}};
inline constexpr Since kStreamWriter{{1, 5}, {10, 13}};
inline constexpr Since kRefittableWeights{{1, 5}, {10, 2}};
inline constexpr Since kUnfusedDebugTensors{{1, 5}, {10, 12}};
inline constexpr Since kModelSupport{{1, 5}, {10, 1}};
inline constexpr Since kDlaCapability{{1, 5}, {10, 15}};

}  // namespace tensorrt_node
