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
                      int profile, cudaStream_t stream);
  TrtExecutionContext(const TrtExecutionContext&) = delete;
  TrtExecutionContext& operator=(const TrtExecutionContext&) = delete;

  void SetInputShape(const std::string& input, const Dims& dims) override;
  void InferShapes() override;
  Dims Shape(const std::string& tensor) const override;
  void SetAddress(const std::string& tensor, void* address) override;
  void Enqueue(void* stream) override;

 private:
  // Destroyed from the last to the first: the context before what it reports to.
  Diagnostics diagnostics_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace tensorrt_node
