#include "tensorrt/execution_context.h"

#include "tensorrt/dims.h"

namespace tensorrt_node {

TrtExecutionContext::TrtExecutionContext(nvinfer1::ICudaEngine& engine,
                                         const Diagnostics& engine_diagnostics,
                                         const ContextOptions& options)
    : diagnostics_(engine_diagnostics.shared_log()), context_(engine.createExecutionContext()) {
  if (!context_) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not create an execution context");
  }
  context_->setErrorRecorder(&diagnostics_.recorder());
  if (!context_->setOptimizationProfileAsync(options.profile,
                                             static_cast<cudaStream_t>(options.stream))) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not select optimisation profile " +
                                                    std::to_string(options.profile));
  }
}

void TrtExecutionContext::SetInputShape(const std::string& input, const Dims& dims) {
  if (context_->setInputShape(input.c_str(), ToTrtDims(dims))) return;
  throw diagnostics_
      .Failure("ERR_FEED",
               "TensorRT refused shape " + DimsText(dims) + " for input '" + input + "'")
      .WithTensor(input);
}

void TrtExecutionContext::InferShapes() {
  const char* missing = nullptr;
  const int32_t count = context_->inferShapes(1, &missing);
  if (count == 0) return;
  throw diagnostics_.Failure(
      "ERR_TRT_INFER", count > 0 && missing != nullptr
                           ? "The shape or value of input '" + std::string(missing) + "' is not set"
                           : "TensorRT could not infer the shapes of the outputs");
}

Dims TrtExecutionContext::Shape(const std::string& tensor) const {
  return FromTrtDims(context_->getTensorShape(tensor.c_str()));
}

void TrtExecutionContext::SetAddress(const std::string& tensor, void* address) {
  if (context_->setTensorAddress(tensor.c_str(), address)) return;
  throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT refused an address for '" + tensor + "'")
      .WithTensor(tensor);
}

void TrtExecutionContext::Enqueue(void* stream) {
  diagnostics_.Clear();
  if (context_->enqueueV3(static_cast<cudaStream_t>(stream))) return;
  throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not run the engine");
}

}  // namespace tensorrt_node
