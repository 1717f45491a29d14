#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>
#include <utility>

#include "engine_memory.h"
#include "plugin_registry.h"
#include "reporter.h"

namespace tensorrt_node::standin {

/// What a runtime does apart from deserializing: it keeps the settings that cannot matter here, and
/// refuses what the stand-in does not have.
class RuntimeDefaults : public nvinfer1::IRuntime, public nvinfer1::apiv::VRuntime {
 public:
  nvinfer1::IRuntime* getPImpl() noexcept override { return this; }

  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override {
    reporter_.SetRecorder(recorder);
  }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override {
    return reporter_.recorder();
  }
  nvinfer1::ILogger* getLogger() const noexcept override { return reporter_.log()->logger(); }

  bool setMaxThreads(int32_t threads) noexcept override {
    if (threads < 1) return false;
    max_threads_ = threads;
    return true;
  }
  int32_t getMaxThreads() const noexcept override { return max_threads_; }
  void setTemporaryDirectory(const char* path) noexcept override {
    temporary_directory_ = path == nullptr ? "" : path;
  }
  const char* getTemporaryDirectory() const noexcept override {
    return temporary_directory_.empty() ? nullptr : temporary_directory_.c_str();
  }
  void setTempfileControlFlags(nvinfer1::TempfileControlFlags flags) noexcept override {
    tempfile_flags_ = flags;
  }
  nvinfer1::TempfileControlFlags getTempfileControlFlags() const noexcept override {
    return tempfile_flags_;
  }
  void setEngineHostCodeAllowed(bool allowed) noexcept override { host_code_allowed_ = allowed; }
  bool getEngineHostCodeAllowed() const noexcept override { return host_code_allowed_; }

  int32_t getNbDLACores() const noexcept override { return 0; }
  int32_t getDLACore() const noexcept override { return -1; }
  void setDLACore(int32_t) noexcept override { reporter_.NotImplemented("setDLACore"); }
  bool setDLAWorkspaceAllocationStrategy(
      nvinfer1::DLAWorkspaceAllocationStrategy) noexcept override {
    return reporter_.NotImplemented("setDLAWorkspaceAllocationStrategy", false);
  }
  nvinfer1::DLAWorkspaceAllocationStrategy getDLAWorkspaceAllocationStrategy()
      const noexcept override {
    return nvinfer1::DLAWorkspaceAllocationStrategy{};
  }

  void setGpuAllocator(nvinfer1::IGpuAllocator*) noexcept override {
    reporter_.NotImplemented("setGpuAllocator");
  }
  nvinfer1::IPluginRegistry& getPluginRegistry() noexcept override { return EmptyPluginRegistry(); }
  void setPluginRegistryParent(nvinfer1::IPluginRegistry*) noexcept override {
    reporter_.NotImplemented("setPluginRegistryParent");
  }
  nvinfer1::IRuntime* loadRuntime(const char*) noexcept override {
    return reporter_.NotImplemented<nvinfer1::IRuntime*>("loadRuntime", nullptr);
  }

#ifdef TRT_MAJOR_RTX
  void setDeferredWeightsLoading(bool defers) noexcept override { defers_weights_ = defers; }
  bool getDeferredWeightsLoading() const noexcept override { return defers_weights_; }
#endif

 protected:
  explicit RuntimeDefaults(std::shared_ptr<LogSink> log) : reporter_(std::move(log), nullptr) {
    mImpl = this;
  }

  EngineMemory::Loading weights_loading() const {
    return defers_weights_ ? EngineMemory::Loading::kDeferred : EngineMemory::Loading::kAtOnce;
  }

  Reporter reporter_;

 private:
  int32_t max_threads_ = 1;
  std::string temporary_directory_;
  nvinfer1::TempfileControlFlags tempfile_flags_ = 0x3;
  bool host_code_allowed_ = false;
  bool defers_weights_ = false;
};

}  // namespace tensorrt_node::standin
