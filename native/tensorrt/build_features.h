#pragma once

#include "tensorrt/availability.h"

namespace tensorrt_node {

// Since when the two products have what not every version that this package drives has. Read from
// the virtual tables of the headers of each version.

inline constexpr Since kTargets{{1, 5}, {}};
inline constexpr Since kBuildRoutes{{1, 6}, {11, 1}};
inline constexpr Since kShapeValues{{1, 5}, {10, 11}};

}  // namespace tensorrt_node
