#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/debug_listener_adapter.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/layer_profiler_adapter.h"
#include "tensorrt/output_allocator_adapter.h"

namespace tensorrt_node {

class TrtExecutionContext final : public ExecutionContext {
 public:
  TrtExecutionContext(nvinfer1::ICudaEngine& engine, const Version& version,
                      Diagnostics& engine_diagnostics, const ContextOptions& options);
  TrtExecutionContext(const TrtExecutionContext&) = delete;
  TrtExecutionContext& operator=(const TrtExecutionContext&) = delete;

  void SetInputShape(const std::string& input, const Dims& dims) override;
  void InferShapes() override;
  Dims Shape(const std::string& tensor) const override;
  void SetAddress(const std::string& tensor, void* address) override;
  void SetOutputAllocator(const std::string& output, OutputAllocator* allocator) override;
  void SetDeviceMemory(void* address, uint64_t bytes) override;
  uint64_t DeviceMemoryForShapes() override;
  void SetInputConsumedEvent(void* event) override;
  void SetDebugListener(DebugListener* listener, const std::vector<std::string>& tensors) override;
  void SetProfiler(LayerProfiler* profiler) override;
  std::optional<bool> IsCapturable(void* stream) const override;
  void Enqueue(void* stream) override;

 private:
  void StopDebugging();
  void ShowTensors(const std::vector<std::string>& tensors);
  /// For methods of TensorRT that return nothing: throws what the call that was just made reported.
  void ThrowIfReported(const std::string& message);

  nvinfer1::ICudaEngine& engine_;
  // Destroyed from the last to the first: the context before everything that it calls or uses.
  Diagnostics diagnostics_;
  std::shared_ptr<RuntimeCache> runtime_cache_;
  std::unique_ptr<nvinfer1::IRuntimeConfig> config_;
  std::map<std::string, std::unique_ptr<OutputAllocatorAdapter>> output_allocators_;
  std::unique_ptr<DebugListenerAdapter> debug_listener_;
  std::unique_ptr<LayerProfilerAdapter> profiler_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace tensorrt_node
