#include "tensorrt/engine.h"

#include <utility>

#include "tensorrt/dims.h"
#include "tensorrt/enums.h"
#include "tensorrt/execution_context.h"

namespace tensorrt_node {

TrtEngine::TrtEngine(const Library& library, const void* plan, size_t size)
    : runtime_(library.CreateRuntime(diagnostics_.log())) {
  if (!runtime_) throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT gave no runtime");
  runtime_->setErrorRecorder(&diagnostics_.recorder());
  engine_.reset(runtime_->deserializeCudaEngine(plan, size));
  if (!engine_) {
    throw diagnostics_.Failure("ERR_TRT_ENGINE_INVALID", "TensorRT refused the plan");
  }
  DescribeTensors();
  DescribeProfiles();
}

void TrtEngine::DescribeTensors() {
  for (int32_t i = 0; i < engine_->getNbIOTensors(); ++i) {
    const char* const name = engine_->getIOTensorName(i);
    IoTensor tensor;
    tensor.name = name;
    tensor.type = DataTypeName(engine_->getTensorDataType(name));
    tensor.is_input = engine_->getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
    tensor.on_host = engine_->getTensorLocation(name) == nvinfer1::TensorLocation::kHOST;
    tensor.dims = FromTrtDims(engine_->getTensorShape(name));
    tensors_.push_back(std::move(tensor));
  }
}

void TrtEngine::DescribeProfiles() {
  using nvinfer1::OptProfileSelector;
  for (int32_t index = 0; index < engine_->getNbOptimizationProfiles(); ++index) {
    Profile profile;
    for (const IoTensor& tensor : tensors_) {
      // Shape tensors are bounded by their values, not by their shapes.
      if (!tensor.is_input || tensor.on_host) continue;
      const auto shape = [&](OptProfileSelector selector) {
        return FromTrtDims(engine_->getProfileShape(tensor.name.c_str(), index, selector));
      };
      profile.push_back({tensor.name, shape(OptProfileSelector::kMIN),
                         shape(OptProfileSelector::kOPT), shape(OptProfileSelector::kMAX)});
    }
    profiles_.push_back(std::move(profile));
  }
}

uint64_t TrtEngine::device_memory_bytes() const {
  return static_cast<uint64_t>(engine_->getDeviceMemorySizeV2());
}

std::unique_ptr<ExecutionContext> TrtEngine::CreateContext(int profile, void* stream) {
  return std::make_unique<TrtExecutionContext>(*engine_, diagnostics_, profile,
                                               static_cast<cudaStream_t>(stream));
}

}  // namespace tensorrt_node
