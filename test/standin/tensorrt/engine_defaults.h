#pragma once

#include <NvInfer.h>

#include <memory>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// What every engine of the stand-in answers alike (linear tensors on the device, no auxiliary
/// streams, no shape tensors), and what it refuses (refitting, streaming of weights).
class EngineDefaults : public nvinfer1::ICudaEngine, public nvinfer1::apiv::VCudaEngine {
  using Name = const char*;

 public:
  nvinfer1::ICudaEngine* getPImpl() noexcept override { return this; }

  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override {
    reporter_.SetRecorder(recorder);
  }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override {
    return reporter_.recorder();
  }

  nvinfer1::EngineCapability getEngineCapability() const noexcept override {
    return nvinfer1::EngineCapability::kSTANDARD;
  }
  nvinfer1::TacticSources getTacticSources() const noexcept override { return 0; }
  nvinfer1::ProfilingVerbosity getProfilingVerbosity() const noexcept override {
    return nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  }
  nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override {
    return nvinfer1::HardwareCompatibilityLevel::kNONE;
  }
  int32_t getNbAuxStreams() const noexcept override { return 0; }
  bool isRefittable() const noexcept override { return false; }

  nvinfer1::TensorLocation getTensorLocation(Name) const noexcept override {
    return nvinfer1::TensorLocation::kDEVICE;
  }
  bool isShapeInferenceIO(Name) const noexcept override { return false; }
  bool isDebugTensor(Name) const noexcept override { return false; }
  Name getAliasedInputTensor(Name) const noexcept override { return nullptr; }
  const int64_t* getProfileTensorValuesV2(Name, int32_t,
                                          nvinfer1::OptProfileSelector) const noexcept override {
    return nullptr;
  }

  int32_t getTensorBytesPerComponent(Name) const noexcept override { return -1; }
  int32_t getTensorBytesPerComponentV2(Name, int32_t) const noexcept override { return -1; }
  int32_t getTensorComponentsPerElement(Name) const noexcept override { return -1; }
  int32_t getTensorComponentsPerElementV2(Name, int32_t) const noexcept override { return -1; }
  int32_t getTensorVectorizedDim(Name) const noexcept override { return -1; }
  int32_t getTensorVectorizedDimV2(Name, int32_t) const noexcept override { return -1; }
  nvinfer1::TensorFormat getTensorFormat(Name) const noexcept override {
    return nvinfer1::TensorFormat::kLINEAR;
  }
  nvinfer1::TensorFormat getTensorFormatV2(Name, int32_t) const noexcept override {
    return nvinfer1::TensorFormat::kLINEAR;
  }
  Name getTensorFormatDesc(Name) const noexcept override { return "Row-major linear format"; }
  Name getTensorFormatDescV2(Name, int32_t) const noexcept override {
    return "Row-major linear format";
  }

  nvinfer1::ISerializationConfig* createSerializationConfig() noexcept override {
    return reporter_.NotImplemented<nvinfer1::ISerializationConfig*>("createSerializationConfig",
                                                                     nullptr);
  }
  nvinfer1::IHostMemory* serializeWithConfig(
      nvinfer1::ISerializationConfig&) const noexcept override {
    return reporter_.NotImplemented<nvinfer1::IHostMemory*>("serializeWithConfig", nullptr);
  }
  nvinfer1::IRefitter* createRefitter(nvinfer1::ILogger&) noexcept override {
    return reporter_.NotImplemented<nvinfer1::IRefitter*>("createRefitter", nullptr);
  }

  int64_t getStreamableWeightsSize() const noexcept override { return 0; }
  int64_t getWeightStreamingBudgetV2() const noexcept override { return 0; }
  int64_t getWeightStreamingAutomaticBudget() const noexcept override { return 0; }
  int64_t getWeightStreamingScratchMemorySize() const noexcept override { return 0; }
  bool setWeightStreamingBudgetV2(int64_t) noexcept override {
    return reporter_.NotImplemented("setWeightStreamingBudgetV2", false);
  }

#ifdef TRT_MAJOR_RTX
  bool areWeightsLoaded() const noexcept override { return true; }
  bool loadWeights(const void*, int64_t) noexcept override {
    return reporter_.NotImplemented("loadWeights", false);
  }
  bool loadWeightsAsync(nvinfer1::IStreamReaderV2&, cudaStream_t) noexcept override {
    return reporter_.NotImplemented("loadWeightsAsync", false);
  }
  bool unloadWeights() noexcept override {
    return reporter_.NotImplemented("unloadWeights", false);
  }
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
