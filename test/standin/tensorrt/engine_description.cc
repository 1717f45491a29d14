#include "engine_description.h"

#include <string>
#include <utility>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

}  // namespace

EngineDescription::EngineDescription(const Reporter& runtime, std::shared_ptr<EngineState> state)
    : EngineDefaults(runtime.log(), runtime.recorder()), state_(std::move(state)) {}

bool EngineDescription::HasProfile(int32_t profile) const {
  return profile >= 0 && profile < getNbOptimizationProfiles();
}

const Network::IoTensor* EngineDescription::Find(Name name, int32_t profile) const {
  const int index = network().FindIo(name);
  return index < 0 || !HasProfile(profile) ? nullptr : &network().io()[index];
}

const char* EngineDescription::getName() const noexcept { return network().facts().name.c_str(); }

int32_t EngineDescription::getNbLayers() const noexcept {
  return static_cast<int32_t>(network().steps().size());
}

int32_t EngineDescription::getNbAuxStreams() const noexcept {
  return network().facts().aux_streams;
}

bool EngineDescription::isRefittable() const noexcept { return network().facts().refittable; }

nvinfer1::EngineCapability EngineDescription::getEngineCapability() const noexcept {
  return network().facts().capability;
}

nvinfer1::HardwareCompatibilityLevel EngineDescription::getHardwareCompatibilityLevel()
    const noexcept {
  return network().facts().hardware;
}

nvinfer1::ProfilingVerbosity EngineDescription::getProfilingVerbosity() const noexcept {
  return network().facts().verbosity;
}

int64_t EngineDescription::getEngineStat(nvinfer1::EngineStat stat) const noexcept {
  if (stat == nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE) {
    return network().constant_bytes() + network().facts().streamable_bytes;
  }
  int64_t stripped = 0;
  for (const Network::Constant& constant : network().constants()) {
    if (constant.elements.empty()) stripped += static_cast<int64_t>(BytesOf(constant.type));
  }
  return stripped;
}

int32_t EngineDescription::getNbIOTensors() const noexcept {
  return static_cast<int32_t>(network().io().size());
}

const char* EngineDescription::getIOTensorName(int32_t index) const noexcept {
  return reporter_.Run<const char*>("getIOTensorName", nullptr, [&] {
    if (index < 0 || index >= getNbIOTensors()) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "there is no IO tensor " + std::to_string(index));
    }
    return network().io()[index].name.c_str();
  });
}

nvinfer1::TensorIOMode EngineDescription::getTensorIOMode(Name name) const noexcept {
  using nvinfer1::TensorIOMode;
  const int index = network().FindIo(name);
  if (index < 0) return TensorIOMode::kNONE;
  return network().IsInput(index) ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
}

nvinfer1::Dims EngineDescription::getTensorShape(Name name) const noexcept {
  const auto* tensor = Find(name);
  return tensor == nullptr ? NoDims() : ToDims(tensor->type.shape);
}

nvinfer1::DataType EngineDescription::getTensorDataType(Name name) const noexcept {
  const auto* tensor = Find(name);
  return tensor == nullptr ? nvinfer1::DataType::kFLOAT : tensor->type.type;
}

nvinfer1::TensorLocation EngineDescription::getTensorLocation(Name name) const noexcept {
  using nvinfer1::TensorLocation;
  return isShapeInferenceIO(name) ? TensorLocation::kHOST : TensorLocation::kDEVICE;
}

bool EngineDescription::isShapeInferenceIO(Name name) const noexcept {
  const auto* tensor = Find(name);
  return tensor != nullptr && tensor->on_host;
}

bool EngineDescription::isDebugTensor(Name name) const noexcept {
  for (const size_t tensor : network().debug_tensors()) {
    if (name != nullptr && network().tensor_names()[tensor] == name) return true;
  }
  return false;
}

const char* EngineDescription::getAliasedInputTensor(Name name) const noexcept {
  const auto* tensor = Find(name);
  return tensor == nullptr || tensor->alias.empty() ? nullptr : tensor->alias.c_str();
}

int32_t EngineDescription::getTensorBytesPerComponent(Name name) const noexcept {
  return getTensorBytesPerComponentV2(name, 0);
}

int32_t EngineDescription::getTensorBytesPerComponentV2(Name name, int32_t profile) const noexcept {
  const auto* tensor = Find(name, profile);
  const bool packed = tensor != nullptr && tensor->format.vectorized_dim() != -1;
  return packed ? static_cast<int32_t>(BytesOf(tensor->type.type)) : -1;
}

int32_t EngineDescription::getTensorComponentsPerElement(Name name) const noexcept {
  return getTensorComponentsPerElementV2(name, 0);
}

int32_t EngineDescription::getTensorComponentsPerElementV2(Name name,
                                                           int32_t profile) const noexcept {
  const auto* tensor = Find(name, profile);
  const bool packed = tensor != nullptr && tensor->format.vectorized_dim() != -1;
  return packed ? tensor->format.components() : -1;
}

int32_t EngineDescription::getTensorVectorizedDim(Name name) const noexcept {
  return getTensorVectorizedDimV2(name, 0);
}

int32_t EngineDescription::getTensorVectorizedDimV2(Name name, int32_t profile) const noexcept {
  const auto* tensor = Find(name, profile);
  return tensor == nullptr ? -1 : tensor->format.vectorized_dim();
}

nvinfer1::TensorFormat EngineDescription::getTensorFormat(Name name) const noexcept {
  return getTensorFormatV2(name, 0);
}

nvinfer1::TensorFormat EngineDescription::getTensorFormatV2(Name name,
                                                            int32_t profile) const noexcept {
  const auto* tensor = Find(name, profile);
  return tensor == nullptr ? nvinfer1::TensorFormat::kLINEAR : tensor->format.format();
}

const char* EngineDescription::getTensorFormatDesc(Name name) const noexcept {
  return getTensorFormatDescV2(name, 0);
}

const char* EngineDescription::getTensorFormatDescV2(Name name, int32_t profile) const noexcept {
  const auto* tensor = Find(name, profile);
  return tensor == nullptr ? "" : tensor->format_description.c_str();
}

int32_t EngineDescription::getNbOptimizationProfiles() const noexcept {
  return static_cast<int32_t>(network().profiles().size());
}

nvinfer1::Dims EngineDescription::getProfileShape(
    Name name, int32_t profile, nvinfer1::OptProfileSelector select) const noexcept {
  const int index = network().FindIo(name);
  if (index < 0 || !network().IsInput(index) || !HasProfile(profile)) return NoDims();
  return ToDims(network().ProfileRange(profile, index).Select(select));
}

const int64_t* EngineDescription::getProfileTensorValuesV2(
    Name name, int32_t profile, nvinfer1::OptProfileSelector select) const noexcept {
  const int index = network().FindIo(name);
  if (index < 0 || !network().IsInput(index) || !HasProfile(profile)) return nullptr;
  const Range* values = network().ProfileValues(profile, index);
  return values == nullptr ? nullptr : values->Select(select).data();
}

int64_t EngineDescription::getDeviceMemorySizeV2() const noexcept { return state_->ScratchBytes(); }

int64_t EngineDescription::getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept {
  return HasProfile(profile) ? state_->ScratchBytes(profile) : 0;
}

}  // namespace tensorrt_node::standin
