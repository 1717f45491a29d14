#pragma once

// What building and running have in common.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "status_error.h"

namespace tensorrt_node {

/// A shape: elements per dimension, -1 where it is not known yet.
using Dims = std::vector<int64_t>;

/// Bytes that TensorRT allocated, for example a serialised engine.
class HostMemory {
 public:
  virtual ~HostMemory() = default;
  virtual const void* data() const = 0;
  virtual size_t size() const = 0;
};

/// What an engine accepts for one input: shapes or, for a shape tensor, whose values TensorRT reads
/// on the host, values.
struct InputRange {
  std::string input;
  Dims min;
  Dims opt;
  Dims max;
};

/// One optimisation profile: a range of shapes for each input with a dynamic shape, and a range of
/// values for each shape tensor.
struct Profile {
  std::vector<InputRange> shapes;
  std::vector<InputRange> values;
};

}  // namespace tensorrt_node
