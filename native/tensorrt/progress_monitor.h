#pragma once

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// Passes the builder's phases on, and stops it when the observer asks for that.
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
 public:
  explicit ProgressMonitor(BuildObserver& observer) : observer_(observer) {}

  void phaseStart(const char* name, const char* /*parent*/, int32_t /*steps*/) noexcept override {
    observer_.PhaseStarted(name);
  }
  bool stepComplete(const char* /*name*/, int32_t /*step*/) noexcept override {
    return !observer_.Cancelled();
  }
  void phaseFinish(const char* name) noexcept override { observer_.PhaseFinished(name); }

 private:
  BuildObserver& observer_;
};

}  // namespace tensorrt_node
