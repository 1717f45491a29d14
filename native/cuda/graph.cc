#include "cuda/graph.h"

namespace tensorrt_node {

Capture::Capture(std::shared_ptr<const Device> device, const Stream& stream)
    : device_(std::move(device)), stream_(stream) {
  // In the global mode an allocation on any other thread would spoil the capture.
  constexpr int kThreadLocal = 1;
  const CudaDriver& driver = device_->driver();
  driver.Check(driver.cuStreamBeginCapture(stream_.get(), kThreadLocal), "cuStreamBeginCapture");
  active_ = true;
}

Capture::~Capture() {
  // The stream is of no use until its capture has ended.
  if (!active_) return;
  const CudaDriver& driver = device_->driver();
  CUgraph graph = nullptr;
  driver.cuStreamEndCapture(stream_.get(), &graph);
  if (graph != nullptr) driver.cuGraphDestroy(graph);
}

CUgraph Capture::End() {
  active_ = false;
  const CudaDriver& driver = device_->driver();
  CUgraph graph = nullptr;
  driver.Check(driver.cuStreamEndCapture(stream_.get(), &graph), "cuStreamEndCapture");
  return graph;
}

std::unique_ptr<Graph> Capture::Finish() {
  const CudaDriver& driver = device_->driver();
  const CUgraph graph = End();
  CUgraphExec executable = nullptr;
  const CUresult result = driver.cuGraphInstantiate(&executable, graph, 0);
  driver.cuGraphDestroy(graph);
  driver.Check(result, "cuGraphInstantiateWithFlags");
  return std::make_unique<Graph>(device_, executable);
}

}  // namespace tensorrt_node
