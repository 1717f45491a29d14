#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tensorrt/api.h"

namespace tensorrt_node {

/// How long a layer took, in milliseconds.
using LayerTime = std::pair<std::string, float>;

/// Collects the layer times of one job.
class LayerTimes final : public LayerProfiler {
 public:
  void LayerTime(const std::string& layer, float milliseconds) noexcept override {
    times_.emplace_back(layer, milliseconds);
  }

  std::vector<tensorrt_node::LayerTime> Take() { return std::exchange(times_, {}); }

 private:
  std::vector<tensorrt_node::LayerTime> times_;
};

}  // namespace tensorrt_node
