#pragma once

#include <memory>
#include <utility>

#include "NvInfer.h"
#include "tensorrt/types.h"

namespace tensorrt_node {

/// Bytes that stay where TensorRT allocated them.
class TrtHostMemory final : public HostMemory {
 public:
  explicit TrtHostMemory(std::unique_ptr<nvinfer1::IHostMemory> memory)
      : memory_(std::move(memory)) {}

  const void* data() const override { return memory_->data(); }
  size_t size() const override { return memory_->size(); }

 private:
  std::unique_ptr<nvinfer1::IHostMemory> memory_;
};

}  // namespace tensorrt_node
