#pragma once

#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// What operators throw where their operands do not fit together.
Failure Mismatch(const std::string& message);

/// NumPy's rule: shapes are aligned at their last dimension, and 1 stretches.
Shape Broadcast(const Shape& left, const Shape& right);

/// For each element of `to`, in row-major order, the element of `from` that it is broadcast from.
std::vector<size_t> BroadcastIndices(const Shape& from, const Shape& to);

}  // namespace tensorrt_node::standin
