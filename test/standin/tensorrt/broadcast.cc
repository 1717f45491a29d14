#include "broadcast.h"

#include <algorithm>

namespace tensorrt_node::standin {

Failure Mismatch(const std::string& message) {
  return Failure(nvinfer1::ErrorCode::kINVALID_ARGUMENT, message);
}

Shape Broadcast(const Shape& left, const Shape& right) {
  Shape result(std::max(left.size(), right.size()));
  for (size_t back = 1; back <= result.size(); ++back) {
    const int64_t a = back <= left.size() ? left[left.size() - back] : 1;
    const int64_t b = back <= right.size() ? right[right.size() - back] : 1;
    const bool fits = a == b || a == 1 || b == 1 || a == -1 || b == -1;
    if (!fits) throw Mismatch("shapes " + ToText(left) + " and " + ToText(right) + " do not fit");
    result[result.size() - back] = a == 1 || (a == -1 && b != 1) ? b : a;
  }
  return result;
}

std::vector<size_t> BroadcastIndices(const Shape& from, const Shape& to) {
  std::vector<size_t> indices(ElementCount(to));
  for (size_t flat = 0; flat < indices.size(); ++flat) {
    size_t rest = flat;
    size_t stride = 1;
    for (size_t back = 1; back <= from.size(); ++back) {
      const int64_t dim = from[from.size() - back];
      const int64_t target_dim = to[to.size() - back];
      if (dim != 1) indices[flat] += rest % target_dim * stride;
      rest /= target_dim;
      stride *= dim;
    }
  }
  return indices;
}

}  // namespace tensorrt_node::standin
