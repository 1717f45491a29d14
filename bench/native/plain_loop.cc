#include <dlfcn.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "NvInfer.h"
#include "cuda/driver.h"
#include "inference_loop.h"

namespace tensorrt_node::bench {
namespace {

class SilentLog final : public nvinfer1::ILogger {
  void log(Severity, const char*) noexcept override {}
};

template <typename T>
T* NotNull(T* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(std::string("TensorRT gave no ") + what);
  return object;
}

std::vector<char> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

nvinfer1::IRuntime* CreateRuntime(const std::string& library, nvinfer1::ILogger& log) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  using Create = void* (*)(void* log, int32_t version);
  const auto create = reinterpret_cast<Create>(dlsym(handle, "createInferRuntime_INTERNAL"));
  return static_cast<nvinfer1::IRuntime*>(
      NotNull(create, "createInferRuntime_INTERNAL")(&log, NV_TENSORRT_VERSION));
}

class PlainLoop final : public InferenceLoop {
 public:
  PlainLoop(const std::string& library, const std::string& plan) {
    CUdevice device = 0;
    Check(driver_.cuDeviceGet(&device, 0));
    Check(driver_.cuDevicePrimaryCtxRetain(&context_, device));
    Check(driver_.cuCtxPushCurrent(context_));
    constexpr unsigned int kNonBlocking = 1;
    Check(driver_.cuStreamCreateWithPriority(&stream_, kNonBlocking, 0));
    LoadPlan(library, plan);
    MakeBuffer(ids_, "input_ids", kInputBytes);
    MakeBuffer(mask_, "attention_mask", kInputBytes);
    MakeBuffer(logits_, "logits", kOutputBytes);
    CUcontext popped = nullptr;
    Check(driver_.cuCtxPopCurrent(&popped));
  }

  ~PlainLoop() override {
    driver_.cuCtxPushCurrent(context_);
    execution_.reset();
    engine_.reset();
    runtime_.reset();
    for (const Buffer* const buffer : {&ids_, &mask_, &logits_}) {
      driver_.cuMemFree(buffer->device);
      driver_.cuMemFreeHost(buffer->host);
    }
    driver_.cuStreamDestroy(stream_);
    CUcontext popped = nullptr;
    driver_.cuCtxPopCurrent(&popped);
    driver_.cuDevicePrimaryCtxRelease(0);
  }

  std::vector<float> Infer(const Feeds& feeds) override {
    Check(driver_.cuCtxPushCurrent(context_));
    CopyIn(ids_, feeds.input_ids);
    CopyIn(mask_, feeds.attention_mask);
    const nvinfer1::Dims shape{2, {1, static_cast<int64_t>(feeds.input_ids.size())}};
    Check(execution_->setInputShape("input_ids", shape));
    Check(execution_->setInputShape("attention_mask", shape));
    Check(execution_->enqueueV3(reinterpret_cast<cudaStream_t>(stream_)));
    Check(driver_.cuMemcpyDtoHAsync(logits_.host, logits_.device, kOutputBytes, stream_));
    Check(driver_.cuStreamSynchronize(stream_));
    CUcontext popped = nullptr;
    Check(driver_.cuCtxPopCurrent(&popped));
    const auto* const data = static_cast<const float*>(logits_.host);
    return {data, data + kOutputBytes / sizeof(float)};
  }

 private:
  static constexpr size_t kInputBytes = 128 * sizeof(int64_t);
  static constexpr size_t kOutputBytes = 2 * sizeof(float);

  struct Buffer {
    void* host = nullptr;
    CUdeviceptr device = 0;
  };

  void LoadPlan(const std::string& library, const std::string& path) {
    runtime_.reset(CreateRuntime(library, log_));
    const std::vector<char> plan = ReadFile(path);
    engine_.reset(NotNull(runtime_->deserializeCudaEngine(plan.data(), plan.size()), "engine"));
    execution_.reset(NotNull(engine_->createExecutionContext(), "context"));
    // Profile 0 is a context's first.
  }

  void MakeBuffer(Buffer& buffer, const char* tensor, size_t bytes) {
    Check(driver_.cuMemHostAlloc(&buffer.host, bytes, 0));
    Check(driver_.cuMemAlloc(&buffer.device, bytes));
    Check(execution_->setTensorAddress(tensor, reinterpret_cast<void*>(buffer.device)));
  }

  void CopyIn(const Buffer& buffer, const std::vector<int64_t>& values) {
    std::memcpy(buffer.host, values.data(), kInputBytes);
    Check(driver_.cuMemcpyHtoDAsync(buffer.device, buffer.host, kInputBytes, stream_));
  }

  void Check(CUresult result) { driver_.Check(result, "a driver call"); }
  void Check(bool done) {
    if (!done) throw std::runtime_error("TensorRT refused a call");
  }

  const CudaDriver& driver_ = CudaDriver::Get();
  CUcontext context_ = nullptr;
  CUstream stream_ = nullptr;
  SilentLog log_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> execution_;
  Buffer ids_;
  Buffer mask_;
  Buffer logits_;
};

}  // namespace

std::unique_ptr<InferenceLoop> MakePlainLoop(const std::string& library, const std::string& plan) {
  return std::make_unique<PlainLoop>(library, plan);
}

}  // namespace tensorrt_node::bench
