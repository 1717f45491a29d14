#pragma once

#include <memory>
#include <string>

#include "device_block.h"
#include "engine_defaults.h"
#include "network.h"

namespace tensorrt_node::standin {

/// A deserialized network.
class Engine final : public EngineDefaults {
  using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

 public:
  /// `runtime` reports for the engine's maker, whose error recorder the engine takes over.
  Engine(const Reporter& runtime, std::string plan, std::shared_ptr<const Network> network);
  ~Engine() override;

  /// The CUDA context that the engine was deserialized in, and belongs to.
  CUcontext cuda_context() const { return weights_.context(); }

  const char* getName() const noexcept override;
  int32_t getNbLayers() const noexcept override;
  int32_t getNbIOTensors() const noexcept override;
  const char* getIOTensorName(int32_t index) const noexcept override;
  nvinfer1::TensorIOMode getTensorIOMode(const char* name) const noexcept override;
  nvinfer1::Dims getTensorShape(const char* name) const noexcept override;
  nvinfer1::DataType getTensorDataType(const char* name) const noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override;
  nvinfer1::Dims getProfileShape(const char* name, int32_t profile,
                                 nvinfer1::OptProfileSelector select) const noexcept override;
  int64_t getDeviceMemorySizeV2() const noexcept override;
  int64_t getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept override;
  int64_t getEngineStat(nvinfer1::EngineStat stat) const noexcept override;

  nvinfer1::IHostMemory* serialize() const noexcept override;
  nvinfer1::IEngineInspector* createEngineInspector() const noexcept override;
  nvinfer1::IRuntimeConfig* createRuntimeConfig() noexcept override;
  nvinfer1::IExecutionContext* createExecutionContext(Allocation strategy) noexcept override;
  nvinfer1::IExecutionContext* createExecutionContextWithRuntimeConfig(
      nvinfer1::IRuntimeConfig* config) noexcept override;

 private:
  const std::string plan_;
  const std::shared_ptr<const Network> network_;
  const DeviceBlock weights_;
  const Counted counted_{Process::Instance().engines};
};

}  // namespace tensorrt_node::standin
