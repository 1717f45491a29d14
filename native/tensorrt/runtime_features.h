#pragma once

#include "tensorrt/availability.h"

namespace tensorrt_node {

// Since when the two products have what not every version that this package drives has. Read from
// the virtual tables of the headers of each version.

inline constexpr Since kRuntimeConfig{{1, 5}, {10, 11}};
inline constexpr Since kJitOptions{{1, 5}, {}};
inline constexpr Since kEngineValidity{{1, 5}, {}};
inline constexpr Since kStreamReader{{1, 5}, {10, 7}};
inline constexpr Since kAliasedTensors{{1, 5}, {10, 15}};
inline constexpr Since kProfileValues{{1, 5}, {10, 11}};
inline constexpr Since kEngineStatistics{{1, 5}, {10, 11}};
inline constexpr Since kDeferredWeights{{1, 6}, {}};
inline constexpr Since kUnloadWeights{{1, 7}, {}};
inline constexpr Since kReleaseRefitResources{{1, 7}, {11, 4}};

}  // namespace tensorrt_node
