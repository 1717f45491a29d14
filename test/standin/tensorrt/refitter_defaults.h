#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// What a refitter keeps and what it refuses: weights that are named by layer and role.
class RefitterDefaults : public nvinfer1::IRefitter, public nvinfer1::apiv::VRefitter {
  using Name = const char*;
  using Role = nvinfer1::WeightsRole;

 public:
  nvinfer1::IRefitter* getPImpl() noexcept override { return this; }
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
  void setWeightsValidation(bool validates) noexcept override { validates_ = validates; }
  bool getWeightsValidation() const noexcept override { return validates_; }

  bool setWeights(Name, Role, const nvinfer1::Weights) noexcept override {
    return reporter_.NotImplemented("setWeights", false);
  }
  int32_t getMissing(int32_t, Name*, Role*) noexcept override {
    return reporter_.NotImplemented("getMissing", 0);
  }
  int32_t getAll(int32_t, Name*, Role*) noexcept override {
    return reporter_.NotImplemented("getAll", 0);
  }

 protected:
  explicit RefitterDefaults(std::shared_ptr<LogSink> log) : reporter_(std::move(log), nullptr) {
    mImpl = this;
  }

  Reporter reporter_;

 private:
  int32_t max_threads_ = 1;
  bool validates_ = true;
  const Counted counted_{Process::Instance().others};
};

}  // namespace tensorrt_node::standin
