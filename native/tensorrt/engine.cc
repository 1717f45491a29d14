#include "tensorrt/engine.h"

#include <utility>

#include "tensorrt/dims.h"
#include "tensorrt/enums.h"
#include "tensorrt/execution_context.h"

namespace tensorrt_node {

TrtEngine::TrtEngine(const Library& library, PlanSource& source, const DeserializeOptions&)
    : runtime_(library.CreateRuntime(diagnostics_.log())) {
  if (!runtime_) throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT gave no runtime");
  runtime_->setErrorRecorder(&diagnostics_.recorder());
  std::vector<uint8_t> plan(source.size());
  source.Read(0, plan.data(), static_cast<int64_t>(plan.size()), nullptr);
  engine_.reset(runtime_->deserializeCudaEngine(plan.data(), plan.size()));
  if (!engine_) {
    throw diagnostics_.Failure("ERR_TRT_ENGINE_INVALID", "TensorRT refused the plan");
  }
  DescribeTensors();
  DescribeProfiles();
  for (size_t i = 0; i < profiles_.size(); ++i) {
    facts_.scratch_bytes.push_back(engine_->getDeviceMemorySizeForProfileV2(i));
  }
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
      profile.shapes.push_back({tensor.name, shape(OptProfileSelector::kMIN),
                         shape(OptProfileSelector::kOPT), shape(OptProfileSelector::kMAX)});
    }
    profiles_.push_back(std::move(profile));
  }
}

std::unique_ptr<ExecutionContext> TrtEngine::CreateContext(const ContextOptions& options) {
  return std::make_unique<TrtExecutionContext>(*engine_, diagnostics_, options);
}

}  // namespace tensorrt_node
