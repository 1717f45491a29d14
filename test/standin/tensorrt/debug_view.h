#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <set>
#include <string>

#include "inference_job.h"
#include "network.h"

namespace tensorrt_node::standin {

/// Shows the application the debug tensors that it chose.
class DebugView {
 public:
  explicit DebugView(std::shared_ptr<const Network> network) : network_(std::move(network)) {}
  DebugView(const DebugView&) = delete;
  DebugView& operator=(const DebugView&) = delete;

  void SetListener(nvinfer1::IDebugListener* listener) { listener_ = listener; }
  nvinfer1::IDebugListener* listener() const { return listener_; }
  /// Throws a Failure where there is no such debug tensor.
  void SetState(const char* name, bool on);
  void SetAll(bool on);
  bool State(const char* name) const;

  /// Whether there is anything to show and somebody who looks.
  bool on() const { return listener_ != nullptr && !shown_.empty(); }

  /// Calls the listener for each chosen tensor of a computed job, with memory on the device that
  /// `stream` fills, and frees that memory as soon as the listener returns. Throws a Failure where
  /// it returns false.
  void Show(const std::shared_ptr<const InferenceJob>& job, CUstream stream) const;

 private:
  const std::shared_ptr<const Network> network_;
  nvinfer1::IDebugListener* listener_ = nullptr;
  /// In the network's list of all tensors.
  std::set<size_t> shown_;
};

}  // namespace tensorrt_node::standin
