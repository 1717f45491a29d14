#pragma once

#include <memory>
#include <utility>

#include "cuda/stream.h"

namespace tensorrt_node {

/// Device work that was captured once and is launched as a whole.
class Graph {
 public:
  Graph(std::shared_ptr<const Device> device, CUgraphExec executable)
      : device_(std::move(device)), executable_(executable) {}
  ~Graph() {
    CleanUp(*device_, [this] { device_->driver().cuGraphExecDestroy(executable_); });
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void Launch(const Stream& stream) const {
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuGraphLaunch(executable_, stream.get()), "cuGraphLaunch");
  }

 private:
  const std::shared_ptr<const Device> device_;
  const CUgraphExec executable_;
};

/// Records what is enqueued on a stream, instead of running it, for as long as it lives. Work of
/// other threads is not disturbed.
class Capture {
 public:
  Capture(std::shared_ptr<const Device> device, const Stream& stream);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Ends the capture. Throws ERR_CUDA where something was enqueued that cannot be captured.
  std::unique_ptr<Graph> Finish();

 private:
  CUgraph End();

  const std::shared_ptr<const Device> device_;
  const Stream& stream_;
  bool active_ = false;
};

}  // namespace tensorrt_node
