#include "engine.h"

#include <algorithm>
#include <utility>

#include "cuda_driver.h"
#include "engine_inspector.h"
#include "execution_context.h"
#include "host_memory.h"
#include "runtime_config.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

/// An engine without weights takes memory too, so that tests can count engines by allocations.
constexpr size_t kLeastBytes = 256;

}  // namespace

Engine::Engine(const Reporter& runtime, std::string plan, std::shared_ptr<const Network> network)
    : EngineDefaults(runtime.log(), runtime.recorder()),
      plan_(std::move(plan)),
      network_(std::move(network)),
      weights_(std::max(network_->weight_bytes(), kLeastBytes)) {}

Engine::~Engine() {
  const bool last = network_.use_count() == 1;
  if (!last) reporter_.Violation("an engine was destroyed before its execution contexts");
}

const char* Engine::getName() const noexcept { return network_->name().c_str(); }

int32_t Engine::getNbLayers() const noexcept {
  return static_cast<int32_t>(network_->layers().size());
}

int32_t Engine::getNbIOTensors() const noexcept {
  return static_cast<int32_t>(network_->io().size());
}

const char* Engine::getIOTensorName(int32_t index) const noexcept {
  return reporter_.Run<const char*>("getIOTensorName", nullptr, [&] {
    if (index < 0 || index >= getNbIOTensors()) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "there is no IO tensor " + std::to_string(index));
    }
    return network_->io()[index].name.c_str();
  });
}

nvinfer1::TensorIOMode Engine::getTensorIOMode(const char* name) const noexcept {
  using nvinfer1::TensorIOMode;
  const int index = network_->FindIo(name);
  if (index < 0) return TensorIOMode::kNONE;
  return network_->IsInput(index) ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
}

nvinfer1::Dims Engine::getTensorShape(const char* name) const noexcept {
  const int index = network_->FindIo(name);
  return index < 0 ? NoDims() : ToDims(network_->io()[index].type.shape);
}

nvinfer1::DataType Engine::getTensorDataType(const char* name) const noexcept {
  const int index = network_->FindIo(name);
  return index < 0 ? nvinfer1::DataType::kFLOAT : network_->io()[index].type.type;
}

int32_t Engine::getNbOptimizationProfiles() const noexcept {
  return static_cast<int32_t>(network_->profile_count());
}

nvinfer1::Dims Engine::getProfileShape(const char* name, int32_t profile,
                                       nvinfer1::OptProfileSelector select) const noexcept {
  using nvinfer1::OptProfileSelector;
  const int index = network_->FindIo(name);
  const bool known = index >= 0 && network_->IsInput(index) && profile >= 0 &&
                     profile < getNbOptimizationProfiles();
  if (!known) return NoDims();
  const ShapeRange range = network_->ProfileRange(profile, index);
  if (select == OptProfileSelector::kMIN) return ToDims(range.min);
  return ToDims(select == OptProfileSelector::kOPT ? range.opt : range.max);
}

int64_t Engine::getDeviceMemorySizeV2() const noexcept {
  return static_cast<int64_t>(std::max(network_->scratch_bytes(), kLeastBytes));
}

int64_t Engine::getDeviceMemorySizeForProfileV2(int32_t) const noexcept {
  return getDeviceMemorySizeV2();
}

int64_t Engine::getEngineStat(nvinfer1::EngineStat stat) const noexcept {
  const bool total = stat == nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE;
  return total ? static_cast<int64_t>(network_->weight_bytes()) : -1;
}

nvinfer1::IHostMemory* Engine::serialize() const noexcept {
  return reporter_.Run<nvinfer1::IHostMemory*>("serialize", nullptr,
                                               [&] { return new HostMemory(plan_); });
}

nvinfer1::IEngineInspector* Engine::createEngineInspector() const noexcept {
  return reporter_.Run<nvinfer1::IEngineInspector*>("createEngineInspector", nullptr, [&] {
    return new EngineInspector(reporter_.log(), network_);
  });
}

nvinfer1::IRuntimeConfig* Engine::createRuntimeConfig() noexcept {
  return reporter_.Run<nvinfer1::IRuntimeConfig*>(
      "createRuntimeConfig", nullptr, [&] { return new RuntimeConfig(reporter_.log()); });
}

nvinfer1::IExecutionContext* Engine::createExecutionContext(Allocation strategy) noexcept {
  return reporter_.Run<nvinfer1::IExecutionContext*>("createExecutionContext", nullptr, [&] {
    if (CurrentContext() != cuda_context()) {
      throw Failure(ErrorCode::kINVALID_STATE, "the current CUDA context is not the engine's");
    }
    return new ExecutionContext(*this, reporter_, network_, strategy);
  });
}

nvinfer1::IExecutionContext* Engine::createExecutionContextWithRuntimeConfig(
    nvinfer1::IRuntimeConfig* config) noexcept {
  const bool given = config != nullptr;
  return createExecutionContext(given ? config->getExecutionContextAllocationStrategy()
                                      : Allocation::kSTATIC);
}

}  // namespace tensorrt_node::standin
