#pragma once

#include <NvInferRuntime.h>

#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// The dimensions that an optimization profile allows an input, or the values that it allows a
/// shape tensor.
struct Range {
  std::vector<int64_t> min;
  std::vector<int64_t> opt;
  std::vector<int64_t> max;

  bool Holds(const std::vector<int64_t>& values) const;
  const std::vector<int64_t>& Select(nvinfer1::OptProfileSelector select) const;
};

/// `[1,3] [2,3] [4,3]`: minimum, optimum and maximum.
Range ReadRange(std::istream& line);

/// One optimization profile: by the names of inputs.
struct Profile {
  std::map<std::string, Range> shapes;
  std::map<std::string, Range> values;
  /// None where it is that of the engine.
  std::optional<int64_t> scratch_bytes;
};

}  // namespace tensorrt_node::standin
