#pragma once

#include <NvInfer.h>

#include <memory>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// What every engine of the stand-in answers alike, and what it refuses.
class EngineDefaults : public nvinfer1::ICudaEngine, public nvinfer1::apiv::VCudaEngine {
 public:
  nvinfer1::ICudaEngine* getPImpl() noexcept override { return this; }

  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override {
    reporter_.SetRecorder(recorder);
  }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override {
    return reporter_.recorder();
  }
  nvinfer1::TacticSources getTacticSources() const noexcept override { return 0; }

#ifdef TRT_MAJOR_RTX
  // TensorRT's answer for an engine whose weights cannot be managed; it is no error.
  nvinfer1::IWeightsManager* createWeightsManager() noexcept override { return nullptr; }
#endif

 protected:
  EngineDefaults(std::shared_ptr<LogSink> log, nvinfer1::IErrorRecorder* recorder)
      : reporter_(std::move(log), recorder) {
    mImpl = this;
  }

  Reporter reporter_;
};

}  // namespace tensorrt_node::standin
