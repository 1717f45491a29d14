#pragma once

#include <NvInferRuntime.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "selftest.h"

namespace selftest {

template <typename T>
using Owned = std::unique_ptr<T>;

// The parts of TestTensorRT.
void TestTensorRTContexts();
void TestTensorRTEngine();
void TestTensorRTGraphs();
void TestTensorRTInstruments();
void TestTensorRTOperators();
void TestTensorRTRefit();
void TestTensorRTShapes();
void TestTensorRTWeights();

/// Runs `body` in a process of its own, once more in one where stream operations wait for random
/// times, and checks that it leaves nothing on the device.
inline void RunBothWays(const std::function<void()>& body) {
  const auto checked = [&body] {
    body();
    CHECK(standin_cuda_live_allocations() == 0);
  };
  RunInChild({}, checked);
  RunInChild({"STANDIN_CUDA_DELAY_US=500"}, checked);
}

/// Keeps what TensorRT logs and records.
class Listener final : public nvinfer1::ILogger, public nvinfer1::IErrorRecorder {
 public:
  void log(Severity severity, const char* message) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    logged_ += std::to_string(static_cast<int>(severity)) + ' ' + message + '\n';
  }
  nvinfer1::InterfaceInfo getInterfaceInfo() const noexcept override { return {"Listener", 1, 0}; }
  nvinfer1::APILanguage getAPILanguage() const noexcept override {
    return nvinfer1::APILanguage::kCPP;
  }
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(errors_.size()); }
  nvinfer1::ErrorCode getErrorCode(int32_t) const noexcept override {
    return nvinfer1::ErrorCode::kSUCCESS;
  }
  ErrorDesc getErrorDesc(int32_t index) const noexcept override { return errors_[index].c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { errors_.clear(); }
  bool reportError(nvinfer1::ErrorCode, ErrorDesc text) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    errors_.push_back(text);
    return true;
  }
  RefCount incRefCount() noexcept override { return ++references_; }
  RefCount decRefCount() noexcept override { return --references_; }

  int references() const { return references_; }
  std::string logged() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return logged_;
  }
  /// Forgets the errors. Whether exactly one was recorded, and contains `text`.
  bool TookError(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool found =
        errors_.size() == 1 && Contains(errors_[0], text) && errors_[0].rfind("stand-in: ", 0) == 0;
    errors_.clear();
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::string logged_;
  std::vector<std::string> errors_;
  std::atomic<RefCount> references_{0};
};

inline nvinfer1::Dims MakeDims(std::initializer_list<int64_t> values) {
  nvinfer1::Dims dims{};
  for (const int64_t value : values) dims.d[dims.nbDims++] = value;
  return dims;
}

inline bool Equal(const nvinfer1::Dims& dims, std::initializer_list<int64_t> values) {
  return std::equal(dims.d, dims.d + std::max(dims.nbDims, 0), values.begin(), values.end());
}

/// An engine of a plan, a context and a stream for it.
class Setup {
 public:
  explicit Setup(const std::string& plan) {
    runtime->setErrorRecorder(&listener);
    engine.reset(runtime->deserializeCudaEngine(plan.data(), plan.size()));
    if (engine) context.reset(engine->createExecutionContext());
    CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  }
  ~Setup() {
    for (const CUdeviceptr address : memory_) cuMemFree_v2(address);
    cuStreamDestroy_v2(stream);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  template <typename T>
  CUdeviceptr Upload(const std::vector<T>& values) {
    CUdeviceptr address = 0;
    const size_t bytes = values.size() * sizeof(T);
    CHECK(cuMemAlloc_v2(&address, bytes) == CUDA_SUCCESS);
    memory_.push_back(address);
    CHECK(cuMemcpyHtoDAsync_v2(address, values.data(), bytes, stream) == CUDA_SUCCESS);
    return address;
  }

  template <typename T>
  std::vector<T> Download(CUdeviceptr address, size_t count, CUstream from) {
    std::vector<T> values(count);
    cuMemcpyDtoHAsync_v2(values.data(), address, count * sizeof(T), from);
    return values;
  }

  bool Bind(const char* name, CUdeviceptr address) {
    return context->setTensorAddress(name, reinterpret_cast<void*>(address));
  }

  /// Binds x and y of the scale network; y has room for as many elements as x.
  CUdeviceptr BindScale(const std::vector<float>& x) {
    const auto rows = static_cast<int64_t>(x.size() / 3);
    const CUdeviceptr y = Upload(std::vector<float>(x.size()));
    CHECK(context->setInputShape("x", MakeDims({rows, 3})));
    CHECK(Bind("x", Upload(x)) && Bind("y", y));
    return y;
  }

  CurrentDevice current;
  Listener listener;
  Owned<nvinfer1::IRuntime> runtime{nvinfer1::createInferRuntime(listener)};
  Owned<nvinfer1::ICudaEngine> engine;
  Owned<nvinfer1::IExecutionContext> context;
  CUstream stream = nullptr;

 private:
  std::vector<CUdeviceptr> memory_;
};

}  // namespace selftest
