#pragma once

#include <memory>

#include "NvInfer.h"
#include "NvOnnxParser.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"
#include "tensorrt/progress_monitor.h"

namespace tensorrt_node {

/// One build, from an ONNX file to a serialised engine. Made for one call on one thread.
class Builder {
 public:
  Builder(const Library& library, const BuildRequest& request, BuildObserver& observer);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  BuildResult Build();

 private:
  void Parse();
  void Configure();
  void AddProfile(const Profile& profile);
  void SetTargets();
  BuildResult Serialize();
  void ThrowIfCancelled() const;
  StatusError ParserFailure();

  const Library& library_;
  const BuildRequest& request_;
  BuildObserver& observer_;

  // Destroyed from the last to the first: TensorRT's objects before what they report to, and the
  // parser, which owns the weights, after the network that refers to them is built.
  Diagnostics diagnostics_;
  ProgressMonitor monitor_;
  std::unique_ptr<nvinfer1::IBuilder> builder_;
  std::unique_ptr<nvinfer1::INetworkDefinition> network_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
  std::unique_ptr<nvonnxparser::IParser> parser_;
};

}  // namespace tensorrt_node
