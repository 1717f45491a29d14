#pragma once

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

class LayerProfilerAdapter final : public nvinfer1::IProfiler {
 public:
  explicit LayerProfilerAdapter(LayerProfiler& profiler) : profiler_(profiler) {}

  void reportLayerTime(const char* layer, float milliseconds) noexcept override {
    profiler_.LayerTime(layer, milliseconds);
  }

 private:
  LayerProfiler& profiler_;
};

}  // namespace tensorrt_node
