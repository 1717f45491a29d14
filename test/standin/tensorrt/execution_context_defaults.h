#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// What an execution context answers without a computation, and what it refuses: profilers,
/// output allocators, debug tensors, auxiliary streams.
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
  nvinfer1::IRuntimeConfig* getRuntimeConfig() const noexcept override {
    return reporter_.NotImplemented<nvinfer1::IRuntimeConfig*>("getRuntimeConfig", nullptr);
  }

  bool getDebugSync() const noexcept override { return false; }
  void setDebugSync(bool) noexcept override { reporter_.NotImplemented("setDebugSync"); }
  nvinfer1::IProfiler* getProfiler() const noexcept override { return nullptr; }
  void setProfiler(nvinfer1::IProfiler*) noexcept override {
    reporter_.NotImplemented("setProfiler");
  }
  bool getEnqueueEmitsProfile() const noexcept override { return true; }
  void setEnqueueEmitsProfile(bool) noexcept override {
    reporter_.NotImplemented("setEnqueueEmitsProfile");
  }
  bool reportToProfiler() const noexcept override {
    return reporter_.NotImplemented("reportToProfiler", false);
  }
  nvinfer1::ProfilingVerbosity getNvtxVerbosity() const noexcept override {
    return nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  }
  bool setNvtxVerbosity(nvinfer1::ProfilingVerbosity) noexcept override {
    return reporter_.NotImplemented("setNvtxVerbosity", false);
  }

  nvinfer1::IOutputAllocator* getOutputAllocator(Name) noexcept override { return nullptr; }
  bool setOutputAllocator(Name, nvinfer1::IOutputAllocator*) noexcept override {
    return reporter_.NotImplemented("setOutputAllocator", false);
  }
  nvinfer1::IGpuAllocator* getTemporaryStorageAllocator() const noexcept override {
    return nullptr;
  }
  bool setTemporaryStorageAllocator(nvinfer1::IGpuAllocator*) noexcept override {
    return reporter_.NotImplemented("setTemporaryStorageAllocator", false);
  }
  size_t getPersistentCacheLimit() const noexcept override { return 0; }
  void setPersistentCacheLimit(size_t) noexcept override {
    reporter_.NotImplemented("setPersistentCacheLimit");
  }
  void setAuxStreams(cudaStream_t*, int32_t) noexcept override {
    reporter_.NotImplemented("setAuxStreams");
  }
  bool setCommunicator(void*) noexcept override {
    return reporter_.NotImplemented("setCommunicator", false);
  }

  nvinfer1::IDebugListener* getDebugListener() noexcept override { return nullptr; }
  bool setDebugListener(nvinfer1::IDebugListener*) noexcept override {
    return reporter_.NotImplemented("setDebugListener", false);
  }
  bool getDebugState(Name) const noexcept override { return false; }
  bool setTensorDebugState(Name, bool) noexcept override {
    return reporter_.NotImplemented("setTensorDebugState", false);
  }
  bool setAllTensorsDebugState(bool) noexcept override {
    return reporter_.NotImplemented("setAllTensorsDebugState", false);
  }
  bool getUnfusedTensorsDebugState() const noexcept override { return false; }
  bool setUnfusedTensorsDebugState(bool) noexcept override {
    return reporter_.NotImplemented("setUnfusedTensorsDebugState", false);
  }

#ifdef TRT_MAJOR_RTX
  bool isStreamCapturable(cudaStream_t) const noexcept override {
    return reporter_.NotImplemented("isStreamCapturable", false);
  }
#endif

 protected:
  ExecutionContextDefaults(std::shared_ptr<LogSink> log, nvinfer1::IErrorRecorder* recorder)
      : reporter_(std::move(log), recorder) {
    mImpl = this;
  }

  Reporter reporter_;

 private:
  std::string name_;
};

}  // namespace tensorrt_node::standin
