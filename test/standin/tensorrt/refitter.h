#pragma once

#include <NvInferRuntime.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine_state.h"
#include "refitter_defaults.h"

namespace tensorrt_node::standin {

/// Exchanges the constants of an engine, which are its named weights.
class Refitter final : public RefitterDefaults {
  using Name = const char*;
  using Location = nvinfer1::TensorLocation;

 public:
  Refitter(std::shared_ptr<LogSink> log, std::shared_ptr<EngineState> engine);

  bool setNamedWeights(Name name, nvinfer1::Weights weights) noexcept override;
  bool setNamedWeightsWithLocation(Name name, nvinfer1::Weights weights,
                                   Location location) noexcept override;
  bool unsetNamedWeights(Name name) noexcept override;
  nvinfer1::Weights getNamedWeights(Name name) const noexcept override;
  Location getWeightsLocation(Name name) const noexcept override;
  nvinfer1::Weights getWeightsPrototype(Name name) const noexcept override;
  int32_t getMissingWeights(int32_t size, Name* names) noexcept override;
  int32_t getAllWeights(int32_t size, Name* names) noexcept override;

  bool refitCudaEngine() noexcept override;
  bool refitCudaEngineAsync(cudaStream_t stream) noexcept override;
  bool releaseRefitResources() noexcept override;

 private:
  struct Given {
    nvinfer1::Weights weights;
    Location location;
  };

  /// The index of a constant that can be exchanged; -1 where there is none.
  int Find(Name name) const;
  bool Refittable(size_t constant) const;
  bool SetWeights(const char* method, Name name, nvinfer1::Weights weights, Location location);
  std::vector<size_t> Missing() const;
  int32_t ListNames(const std::vector<size_t>& constants, int32_t size, Name* names) const;
  /// Throws a Failure where weights are missing.
  void CheckComplete() const;
  /// The elements that were given, those on the device as they are now.
  std::vector<Element> Read(size_t constant, const Given& given) const;

  const std::shared_ptr<EngineState> engine_;
  std::map<size_t, Given> given_;
};

}  // namespace tensorrt_node::standin
