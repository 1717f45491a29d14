#pragma once

#include <memory>

#include "cuda/device.h"
#include "loader/tensorrt_library.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// An engine on a device, with everything that must live as long as it does.
class LoadedEngine {
 public:
  /// Throws ERR_NO_GPU, ERR_CUDA or ERR_TRT_ENGINE_INVALID.
  LoadedEngine(std::shared_ptr<TensorRTLibrary> library, int device, const void* plan, size_t size);
  LoadedEngine(const LoadedEngine&) = delete;
  LoadedEngine& operator=(const LoadedEngine&) = delete;
  ~LoadedEngine();

  const std::shared_ptr<Device>& device() const { return device_; }
  Engine& engine() { return *engine_; }

 private:
  const std::shared_ptr<TensorRTLibrary> library_;
  const std::shared_ptr<Device> device_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tensorrt_node
