#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "device_block.h"
#include "execution_context_defaults.h"
#include "inference_job.h"
#include "network.h"

namespace tensorrt_node::standin {

class Engine;

/// Runs an engine: one job at a time.
class ExecutionContext final : public ExecutionContextDefaults {
  using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

 public:
  ExecutionContext(const Engine& engine, const Reporter& engine_reporter,
                   std::shared_ptr<const Network> network, Allocation strategy);
  ~ExecutionContext() override;

  const nvinfer1::ICudaEngine& getEngine() const noexcept override;

  int32_t getOptimizationProfile() const noexcept override { return profile_; }
  bool setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept override;

  bool setInputShape(const char* name, const nvinfer1::Dims& dims) noexcept override;
  bool allInputDimensionsSpecified() const noexcept override;
  int32_t inferShapes(int32_t capacity, const char** names) noexcept override;
  nvinfer1::Dims getTensorShape(const char* name) const noexcept override;
  nvinfer1::Dims getTensorStrides(const char* name) const noexcept override;
  int64_t getMaxOutputSize(const char* name) const noexcept override;

  bool setTensorAddress(const char* name, void* address) noexcept override;
  bool setInputTensorAddress(const char* name, const void* address) noexcept override;
  bool setOutputTensorAddress(const char* name, void* address) noexcept override;
  const void* getTensorAddress(const char* name) const noexcept override;
  void* getOutputTensorAddress(const char* name) const noexcept override;

  void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
  size_t updateDeviceMemorySizeForShapes() noexcept override;

  bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
  cudaEvent_t getInputConsumedEvent() const noexcept override { return input_consumed_; }

  bool enqueueV3(cudaStream_t stream) noexcept override;

 private:
  /// Leaves the dynamic dimensions of all inputs open.
  void ForgetInputShapes();
  /// The index of an IO tensor. Throws a Failure where there is none.
  size_t RequireIo(const char* name) const;
  bool SetAddress(const char* method, const char* name, const void* address);
  /// Throws a Failure where something that an inference needs is missing.
  void CheckReady() const;
  /// The shape of an IO tensor as far as it is known; none where the inputs do not fit together.
  std::optional<Shape> KnownShape(const char* name) const;

  const Engine& engine_;
  const std::shared_ptr<const Network> network_;
  /// None where the application manages the memory.
  std::optional<DeviceBlock> scratch_;
  int64_t user_memory_bytes_ = 0;

  int32_t profile_ = 0;
  std::shared_ptr<std::atomic<bool>> profile_ready_ = std::make_shared<std::atomic<bool>>(true);
  std::vector<Shape> input_shapes_;
  std::vector<CUdeviceptr> addresses_;
  cudaEvent_t input_consumed_ = nullptr;
  const std::shared_ptr<Flight> flight_ = std::make_shared<Flight>();
  const Counted counted_{Process::Instance().contexts};
};

}  // namespace tensorrt_node::standin
