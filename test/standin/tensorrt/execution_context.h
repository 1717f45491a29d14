#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bindings.h"
#include "debug_view.h"
#include "device_block.h"
#include "engine_state.h"
#include "execution_context_defaults.h"
#include "inference_job.h"
#include "runtime_config.h"

namespace tensorrt_node::standin {

class Engine;

/// Runs an engine: one job at a time.
class ExecutionContext final : public ExecutionContextDefaults {
  using Name = const char*;

 public:
  ExecutionContext(const Engine& engine, const Reporter& engine_reporter,
                   const RuntimeConfig& config);
  ~ExecutionContext() override;

  const nvinfer1::ICudaEngine& getEngine() const noexcept override;
  nvinfer1::IRuntimeConfig* getRuntimeConfig() const noexcept override;

  int32_t getOptimizationProfile() const noexcept override { return bindings_.profile(); }
  bool setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept override;

  bool setInputShape(Name name, const nvinfer1::Dims& dims) noexcept override;
  bool allInputDimensionsSpecified() const noexcept override;
  int32_t inferShapes(int32_t capacity, Name* names) noexcept override;
  nvinfer1::Dims getTensorShape(Name name) const noexcept override;
  nvinfer1::Dims getTensorStrides(Name name) const noexcept override;
  int64_t getMaxOutputSize(Name name) const noexcept override;

  bool setTensorAddress(Name name, void* address) noexcept override;
  bool setInputTensorAddress(Name name, const void* address) noexcept override;
  bool setOutputTensorAddress(Name name, void* address) noexcept override;
  const void* getTensorAddress(Name name) const noexcept override;
  void* getOutputTensorAddress(Name name) const noexcept override;
  bool setOutputAllocator(Name name, nvinfer1::IOutputAllocator* allocator) noexcept override;
  nvinfer1::IOutputAllocator* getOutputAllocator(Name name) noexcept override;

  void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
  size_t updateDeviceMemorySizeForShapes() noexcept override;

  bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
  cudaEvent_t getInputConsumedEvent() const noexcept override { return input_consumed_; }
  void setAuxStreams(cudaStream_t* streams, int32_t count) noexcept override;

  void setProfiler(nvinfer1::IProfiler* profiler) noexcept override { profiler_ = profiler; }
  nvinfer1::IProfiler* getProfiler() const noexcept override { return profiler_; }
  void setEnqueueEmitsProfile(bool emits) noexcept override { enqueue_emits_ = emits; }
  bool getEnqueueEmitsProfile() const noexcept override { return enqueue_emits_; }
  bool reportToProfiler() const noexcept override;

  bool setDebugListener(nvinfer1::IDebugListener* listener) noexcept override;
  nvinfer1::IDebugListener* getDebugListener() noexcept override { return debug_.listener(); }
  bool setTensorDebugState(Name name, bool on) noexcept override;
  bool setAllTensorsDebugState(bool on) noexcept override;
  bool getDebugState(Name name) const noexcept override { return debug_.State(name); }

#ifdef TRT_MAJOR_RTX
  bool isStreamCapturable(cudaStream_t stream) const noexcept override;
#endif

  bool enqueueV3(cudaStream_t stream) noexcept override;

 private:
  const Network& network() const { return *state_->network; }
  bool SetAddress(const char* method, Name name, const void* address);
  /// The IO tensor as far as it is known; none where the inputs do not fit together.
  std::optional<Value> Known(Name name) const;
  /// Scratch memory for the shapes that are set.
  int64_t ScratchBytesForShapes() const;

  // execution_context_enqueue.cc
  void Enqueue(CUstream stream, const std::shared_ptr<InferenceJob>& job);
  void CheckReady() const;
  /// Whether enqueueV3 waits for the stream, so that it cannot be captured; says why.
  std::optional<std::string> WhySynchronous() const;
  void CheckCapture(const std::vector<Value>& io) const;
  void CompileKernels(const std::vector<Value>& io);
  /// Gives the outputs memory, from allocators where there are some.
  void SettleOutputs(const std::vector<Value>& io, CUstream stream, InferenceJob* job);
  void Report(const InferenceJob& job) const;

  const Engine& engine_;
  const std::shared_ptr<EngineState> state_;
  const RuntimeConfig config_;
  Bindings bindings_;
  DebugView debug_;
  /// None where the application manages the memory.
  std::optional<DeviceBlock> scratch_;
  CUdeviceptr user_memory_ = 0;
  int64_t user_memory_bytes_ = 0;
  /// What updateDeviceMemorySizeForShapes said of the shapes that are set.
  std::optional<int64_t> measured_bytes_;

  std::shared_ptr<std::atomic<bool>> profile_ready_ = std::make_shared<std::atomic<bool>>(true);
  cudaEvent_t input_consumed_ = nullptr;
  std::vector<CUstream> aux_streams_;
  nvinfer1::IProfiler* profiler_ = nullptr;
  bool enqueue_emits_ = true;
  std::set<std::string> compiled_;
  /// The shapes that ran last without a capture.
  std::vector<Shape> settled_shapes_;
  std::shared_ptr<const InferenceJob> last_job_;
  const std::shared_ptr<Flight> flight_;
  const Counted counted_{Process::Instance().contexts};
};

}  // namespace tensorrt_node::standin
