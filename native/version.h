#pragma once

#include <string>
#include <tuple>

namespace tensorrt_node {

/// The four-part version of a TensorRT library.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  int build = 0;

  std::string ToString() const {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch) + "." +
           std::to_string(build);
  }

  bool AtLeast(int other_major, int other_minor) const {
    return std::tie(major, minor) >= std::tie(other_major, other_minor);
  }
};

}  // namespace tensorrt_node
