#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"

namespace tensorrt_node {

/// One exchange of weights of an engine. Everything throws ERR_TRT_REFIT.
class Refitter {
 public:
  /// `diagnostics` must outlive the refitter.
  Refitter(const Library& library, nvinfer1::ICudaEngine& engine, Diagnostics& diagnostics);
  Refitter(const Refitter&) = delete;
  Refitter& operator=(const Refitter&) = delete;

  /// Names of all weights that can be exchanged.
  std::vector<std::string> Names() const;

  /// Values that TensorRT reads until Apply has returned.
  void Set(const std::vector<NamedWeights>& weights);
  void SetFromModel(const std::string& path);

  /// Brings the new values into the engine. They have to be complete: where TensorRT has fused
  /// weights, it needs all of those that were fused.
  void Apply();

 private:
  void SetOne(const NamedWeights& weights);
  std::vector<std::string> Missing() const;

  const Library& library_;
  Diagnostics& diagnostics_;
  // Destroyed from the last to the first: the parser keeps the weights that the refitter refers to.
  std::unique_ptr<nvinfer1::IRefitter> refitter_;
  std::unique_ptr<nvonnxparser::IParserRefitter> parser_;
};

}  // namespace tensorrt_node
