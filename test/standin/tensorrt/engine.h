#pragma once

#include <memory>

#include "engine_description.h"
#include "runtime_config.h"

namespace tensorrt_node::standin {

/// A deserialized network.
class Engine final : public EngineDescription {
  using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

 public:
  /// `runtime` reports for the engine's maker, whose error recorder the engine takes over.
  Engine(const Reporter& runtime, std::shared_ptr<EngineState> state);
  ~Engine() override;

  const std::shared_ptr<EngineState>& state() const { return state_; }

  nvinfer1::IHostMemory* serialize() const noexcept override;
  nvinfer1::ISerializationConfig* createSerializationConfig() noexcept override;
  nvinfer1::IHostMemory* serializeWithConfig(
      nvinfer1::ISerializationConfig& config) const noexcept override;
  nvinfer1::IEngineInspector* createEngineInspector() const noexcept override;
  nvinfer1::IRefitter* createRefitter(nvinfer1::ILogger& logger) noexcept override;

  nvinfer1::IRuntimeConfig* createRuntimeConfig() noexcept override;
  nvinfer1::IExecutionContext* createExecutionContext(Allocation strategy) noexcept override;
  nvinfer1::IExecutionContext* createExecutionContextWithRuntimeConfig(
      nvinfer1::IRuntimeConfig* config) noexcept override;

  int64_t getStreamableWeightsSize() const noexcept override;
  int64_t getWeightStreamingBudgetV2() const noexcept override;
  int64_t getWeightStreamingAutomaticBudget() const noexcept override;
  int64_t getWeightStreamingScratchMemorySize() const noexcept override;
  bool setWeightStreamingBudgetV2(int64_t bytes) noexcept override;

#ifdef TRT_MAJOR_RTX
  bool areWeightsLoaded() const noexcept override;
  bool loadWeights(const void* blob, int64_t size) noexcept override;
  bool loadWeightsAsync(nvinfer1::IStreamReaderV2& reader, cudaStream_t stream) noexcept override;
  bool unloadWeights() noexcept override;
#endif

 private:
  nvinfer1::IHostMemory* Serialize(nvinfer1::SerializationFlags flags) const;
  nvinfer1::IExecutionContext* CreateContext(const RuntimeConfig& config);

  const Counted counted_{Process::Instance().engines};
};

}  // namespace tensorrt_node::standin
