#pragma once

#include <memory>

#include "NvInfer.h"
#include "NvOnnxParser.h"
#include "tensorrt/api.h"
#include "tensorrt/build_config.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"
#include "tensorrt/network.h"
#include "tensorrt/plugins.h"
#include "tensorrt/progress_monitor.h"
#include "tensorrt/timing_cache.h"

namespace tensorrt_node {

/// One build, from an ONNX file to a serialised engine. Made for one call on one thread.
class Builder {
 public:
  Builder(const Library& library, Plugins& plugins, const BuildRequest& request,
          BuildObserver& observer);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  BuildResult Build();

 private:
  void Configure();
  void Parse();
  BuildResult Serialize();
  BuildResult SerializeToMemory();
  BuildResult SerializeToFile();
  StatusError BuildFailure();
  void ThrowIfCancelled() const;

  const Library& library_;
  Plugins& plugins_;
  const BuildRequest& request_;
  BuildObserver& observer_;

  // Destroyed from the last to the first: TensorRT's objects before what they report to, and the
  // timing cache, as its header asks, after the builder that uses it.
  Diagnostics diagnostics_;
  ProgressMonitor monitor_;
  std::unique_ptr<TimingCache> timing_cache_;
  std::unique_ptr<nvinfer1::IBuilder> builder_;
  std::unique_ptr<BuildConfig> config_;
  std::unique_ptr<ParsedNetwork> network_;
};

}  // namespace tensorrt_node
