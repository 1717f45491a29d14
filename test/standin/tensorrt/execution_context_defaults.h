#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// What an execution context keeps without a use for it, and what it refuses.
class ExecutionContextDefaults : public nvinfer1::IExecutionContext,
                                 public nvinfer1::apiv::VExecutionContext {
  using Name = const char*;

 public:
  nvinfer1::IExecutionContext* getPImpl() noexcept override { return this; }

  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override {
    reporter_.SetRecorder(recorder);
  }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override {
    return reporter_.recorder();
  }
  void setName(Name name) noexcept override { name_ = name; }
  Name getName() const noexcept override { return name_.c_str(); }

  bool executeV2(void* const*) noexcept override {
    return reporter_.NotImplemented("executeV2", false);
  }
  void setDeviceMemory(void*) noexcept override { reporter_.NotImplemented("setDeviceMemory"); }

  bool getDebugSync() const noexcept override { return debug_sync_; }
  void setDebugSync(bool sync) noexcept override { debug_sync_ = sync; }
  nvinfer1::ProfilingVerbosity getNvtxVerbosity() const noexcept override { return nvtx_; }
  bool setNvtxVerbosity(nvinfer1::ProfilingVerbosity verbosity) noexcept override {
    nvtx_ = verbosity;
    return true;
  }
  size_t getPersistentCacheLimit() const noexcept override { return persistent_cache_limit_; }
  void setPersistentCacheLimit(size_t bytes) noexcept override { persistent_cache_limit_ = bytes; }

  nvinfer1::IGpuAllocator* getTemporaryStorageAllocator() const noexcept override {
    return nullptr;
  }
  bool setTemporaryStorageAllocator(nvinfer1::IGpuAllocator*) noexcept override {
    return reporter_.NotImplemented("setTemporaryStorageAllocator", false);
  }
  bool setCommunicator(void*) noexcept override {
    return reporter_.NotImplemented("setCommunicator", false);
  }
  bool getUnfusedTensorsDebugState() const noexcept override { return false; }
  bool setUnfusedTensorsDebugState(bool) noexcept override {
    return reporter_.NotImplemented("setUnfusedTensorsDebugState", false);
  }

 protected:
  ExecutionContextDefaults(std::shared_ptr<LogSink> log, nvinfer1::IErrorRecorder* recorder)
      : reporter_(std::move(log), recorder) {
    mImpl = this;
  }

  Reporter reporter_;

 private:
  std::string name_;
  bool debug_sync_ = false;
  nvinfer1::ProfilingVerbosity nvtx_ = nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  size_t persistent_cache_limit_ = 0;
};

}  // namespace tensorrt_node::standin
