#include "tensorrt/execution_context.h"

#include <utility>

#include "tensorrt/dims.h"
#include "tensorrt/memory_failure.h"
#include "tensorrt/runtime_config.h"

namespace tensorrt_node {

TrtExecutionContext::TrtExecutionContext(nvinfer1::ICudaEngine& engine, const Version& version,
                                         Diagnostics& engine_diagnostics,
                                         const ContextOptions& options)
    : engine_(engine),
      diagnostics_(engine_diagnostics.shared_log()),
      runtime_cache_(options.runtime_cache),
      config_(MakeRuntimeConfig(engine, version, engine_diagnostics, options)),
      context_(engine.createExecutionContext(config_.get())) {
  if (!context_) {
    throw FailureOrNoMemory(engine_diagnostics, "ERR_TRT_INFER",
                            "TensorRT could not create an execution context");
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

void TrtExecutionContext::SetOutputAllocator(const std::string& output,
                                             OutputAllocator* allocator) {
  auto adapter =
      allocator == nullptr ? nullptr : std::make_unique<OutputAllocatorAdapter>(*allocator);
  if (!context_->setOutputAllocator(output.c_str(), adapter.get())) {
    throw diagnostics_
        .Failure("ERR_TRT_INFER", "TensorRT refused an allocator for output '" + output + "'")
        .WithTensor(output);
  }
  // After TensorRT has forgotten the one that this replaces.
  output_allocators_[output] = std::move(adapter);
}

void TrtExecutionContext::SetDeviceMemory(void* address, uint64_t bytes) {
  diagnostics_.Clear();
  context_->setDeviceMemoryV2(address, static_cast<int64_t>(bytes));
  ThrowIfReported("TensorRT refused " + std::to_string(bytes) + " bytes of scratch memory");
}

uint64_t TrtExecutionContext::DeviceMemoryForShapes() {
  diagnostics_.Clear();
  const uint64_t bytes = context_->updateDeviceMemorySizeForShapes();
  // None is needed, or an error happened: both are told as 0.
  if (bytes == 0) ThrowIfReported("TensorRT could not compute the scratch memory for the shapes");
  return bytes;
}

void TrtExecutionContext::SetInputConsumedEvent(void* event) {
  if (context_->setInputConsumedEvent(static_cast<cudaEvent_t>(event))) return;
  throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT refused an event for consumed inputs");
}

void TrtExecutionContext::SetDebugListener(DebugListener* listener,
                                           const std::vector<std::string>& tensors) {
  diagnostics_.Clear();
  StopDebugging();
  if (listener == nullptr || tensors.empty()) return;
  debug_listener_ = std::make_unique<DebugListenerAdapter>(*listener, tensors);
  try {
    ShowTensors(tensors);
  } catch (...) {
    StopDebugging();
    throw;
  }
}

void TrtExecutionContext::ShowTensors(const std::vector<std::string>& tensors) {
  if (!context_->setDebugListener(debug_listener_.get())) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT refused a listener for debug tensors");
  }
  for (const std::string& name : tensors) {
    // Tensors that were not marked by name can still be seen where the build kept all unfused ones.
    const bool shown = engine_.isDebugTensor(name.c_str())
                           ? context_->setTensorDebugState(name.c_str(), true)
                           : context_->setUnfusedTensorsDebugState(true);
    if (shown) continue;
    throw diagnostics_.Failure("ERR_TRT_INFER", "The engine cannot show tensor '" + name + "'")
        .WithRemedy("Build the engine with the tensor among its debug tensors.")
        .WithTensor(name);
  }
}

void TrtExecutionContext::StopDebugging() {
  if (!debug_listener_) return;
  context_->setAllTensorsDebugState(false);
  context_->setUnfusedTensorsDebugState(false);
  context_->setDebugListener(nullptr);
  debug_listener_.reset();
}

void TrtExecutionContext::SetProfiler(LayerProfiler* profiler) {
  auto adapter = profiler == nullptr ? nullptr : std::make_unique<LayerProfilerAdapter>(*profiler);
  diagnostics_.Clear();
  context_->setProfiler(adapter.get());
  // After TensorRT has forgotten the one that this replaces.
  profiler_ = std::move(adapter);
  ThrowIfReported("TensorRT refused a profiler");
}

std::optional<bool> TrtExecutionContext::IsCapturable(void* stream) const {
#if defined(TENSORRT_NODE_FAMILY_RTX1)
  return context_->isStreamCapturable(static_cast<cudaStream_t>(stream));
#else
  static_cast<void>(stream);
  return std::nullopt;
#endif
}

void TrtExecutionContext::Enqueue(void* stream) {
  diagnostics_.Clear();
  if (context_->enqueueV3(static_cast<cudaStream_t>(stream))) return;
  throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not run the engine");
}

void TrtExecutionContext::ThrowIfReported(const std::string& message) {
  if (diagnostics_.recorder().getNbErrors() > 0) {
    throw diagnostics_.Failure("ERR_TRT_INFER", message);
  }
}

}  // namespace tensorrt_node
