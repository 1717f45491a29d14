#pragma once

#include <memory>
#include <string>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"

namespace tensorrt_node {

class TrtExecutionContext final : public ExecutionContext {
 public:
  TrtExecutionContext(nvinfer1::ICudaEngine& engine, const Diagnostics& engine_diagnostics,
                      const ContextOptions& options);
  TrtExecutionContext(const TrtExecutionContext&) = delete;
  TrtExecutionContext& operator=(const TrtExecutionContext&) = delete;

  void SetInputShape(const std::string& input, const Dims& dims) override;
  void InferShapes() override;
  Dims Shape(const std::string& tensor) const override;
  void SetAddress(const std::string& tensor, void* address) override;
  void SetOutputAllocator(const std::string&, OutputAllocator*) override {}
  void SetDeviceMemory(void*, uint64_t) override {}
  uint64_t DeviceMemoryForShapes() override { return 0; }
  void SetInputConsumedEvent(void*) override {}
  void SetDebugListener(DebugListener*, const std::vector<std::string>&) override {}
  void SetProfiler(LayerProfiler*) override {}
  std::optional<bool> IsCapturable(void*) const override { return std::nullopt; }
  void Enqueue(void* stream) override;

 private:
  // Destroyed from the last to the first: the context before what it reports to.
  Diagnostics diagnostics_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace tensorrt_node
