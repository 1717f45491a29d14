#pragma once

#include <memory>

#include "engine_defaults.h"
#include "engine_state.h"

namespace tensorrt_node::standin {

/// What an engine says about itself.
class EngineDescription : public EngineDefaults {
  using Name = const char*;

 public:
  Name getName() const noexcept override;
  int32_t getNbLayers() const noexcept override;
  int32_t getNbAuxStreams() const noexcept override;
  bool isRefittable() const noexcept override;
  nvinfer1::EngineCapability getEngineCapability() const noexcept override;
  nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
  nvinfer1::ProfilingVerbosity getProfilingVerbosity() const noexcept override;
  int64_t getEngineStat(nvinfer1::EngineStat stat) const noexcept override;

  int32_t getNbIOTensors() const noexcept override;
  Name getIOTensorName(int32_t index) const noexcept override;
  nvinfer1::TensorIOMode getTensorIOMode(Name name) const noexcept override;
  nvinfer1::Dims getTensorShape(Name name) const noexcept override;
  nvinfer1::DataType getTensorDataType(Name name) const noexcept override;
  nvinfer1::TensorLocation getTensorLocation(Name name) const noexcept override;
  bool isShapeInferenceIO(Name name) const noexcept override;
  bool isDebugTensor(Name name) const noexcept override;
  Name getAliasedInputTensor(Name name) const noexcept override;

  int32_t getTensorBytesPerComponent(Name name) const noexcept override;
  int32_t getTensorBytesPerComponentV2(Name name, int32_t profile) const noexcept override;
  int32_t getTensorComponentsPerElement(Name name) const noexcept override;
  int32_t getTensorComponentsPerElementV2(Name name, int32_t profile) const noexcept override;
  int32_t getTensorVectorizedDim(Name name) const noexcept override;
  int32_t getTensorVectorizedDimV2(Name name, int32_t profile) const noexcept override;
  nvinfer1::TensorFormat getTensorFormat(Name name) const noexcept override;
  nvinfer1::TensorFormat getTensorFormatV2(Name name, int32_t profile) const noexcept override;
  Name getTensorFormatDesc(Name name) const noexcept override;
  Name getTensorFormatDescV2(Name name, int32_t profile) const noexcept override;

  int32_t getNbOptimizationProfiles() const noexcept override;
  nvinfer1::Dims getProfileShape(Name name, int32_t profile,
                                 nvinfer1::OptProfileSelector select) const noexcept override;
  const int64_t* getProfileTensorValuesV2(
      Name name, int32_t profile, nvinfer1::OptProfileSelector select) const noexcept override;

  int64_t getDeviceMemorySizeV2() const noexcept override;
  int64_t getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept override;

 protected:
  EngineDescription(const Reporter& runtime, std::shared_ptr<EngineState> state);

  const Network& network() const { return *state_->network; }

  const std::shared_ptr<EngineState> state_;

 private:
  /// Null where there is no such tensor, or no such profile.
  const Network::IoTensor* Find(Name name, int32_t profile = 0) const;
  bool HasProfile(int32_t profile) const;
};

}  // namespace tensorrt_node::standin
