#include "session/graph_launcher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tensorrt_node {
namespace {

/// What of an engine forbids to capture its work at all; empty where nothing does. It stays as it
/// is while there are contexts.
std::string WhyNeverCaptured(const Engine& engine) {
  const std::vector<IoTensor>& tensors = engine.tensors();
  const bool aliased = std::any_of(tensors.begin(), tensors.end(),
                                   [](const IoTensor& tensor) { return !tensor.alias_of.empty(); });
  // Verifying runs the work twice, which would change what is updated in place.
  if (aliased) return "aliasedOutput";
  const WeightStreaming streaming = engine.weight_streaming();
  return streaming.budget_bytes < streaming.streamable_bytes ? "weightStreaming" : "";
}

void Append(std::string& key, const void* data, size_t bytes) {
  key.append(static_cast<const char*>(data), bytes);
}

/// Everything that captured work is only right for: shapes, addresses, and the values that TensorRT
/// reads on the host while it enqueues.
std::string GraphKey(Lane& lane) {
  std::string key;
  for (const Lane::Input& input : lane.inputs()) {
    Append(key, input.dims.data(), input.dims.size() * sizeof(int64_t));
    void* const address = input.address();
    Append(key, &address, sizeof(address));
    if (input.tensor.on_host) Append(key, address, input.bytes);
  }
  for (const Lane::Output& output : lane.outputs()) {
    void* const address = output.address();
    Append(key, &address, sizeof(address));
  }
  return key;
}

/// The outputs as they are in device memory now.
std::vector<std::vector<uint8_t>> ReadOutputs(const CudaDriver& driver, Lane& lane,
                                              const Stream& stream) {
  std::vector<std::vector<uint8_t>> all;
  for (const Lane::Output& output : lane.outputs()) {
    std::vector<uint8_t>& bytes = all.emplace_back(output.tensor.on_host ? 0 : output.bytes);
    if (bytes.empty()) continue;
    driver.Check(
        driver.cuMemcpyDtoHAsync(bytes.data(), reinterpret_cast<CUdeviceptr>(output.address()),
                                 bytes.size(), stream.get()),
        "cuMemcpyDtoHAsync");
  }
  stream.Synchronize();
  return all;
}

void ClearOutputs(const CudaDriver& driver, Lane& lane, const Stream& stream) {
  for (const Lane::Output& output : lane.outputs()) {
    if (output.tensor.on_host || output.bytes == 0) continue;
    driver.Check(driver.cuMemsetD8Async(reinterpret_cast<CUdeviceptr>(output.address()), 0xFF,
                                        output.bytes, stream.get()),
                 "cuMemsetD8Async");
  }
}

}  // namespace

GraphLauncher::GraphLauncher(std::shared_ptr<const Device> device, const Engine& engine,
                             ExecutionContext& context, const Stream& stream, size_t capacity)
    : device_(std::move(device)),
      driver_(device_->driver()),
      context_(context),
      stream_(stream),
      never_captured_(WhyNeverCaptured(engine)),
      graphs_(capacity) {}

std::string GraphLauncher::Launch(Lane& lane, JobTimer* timer) {
  const std::string reason = WhyNoGraph(lane);
  GraphCache::Entry* const entry = reason.empty() ? graphs_.Find(GraphKey(lane)) : nullptr;
  if (entry != nullptr && entry->refusal.empty()) {
    if (entry->graph == nullptr) return CaptureAndVerify(lane, *entry, timer);
    Enqueue(*entry->graph, timer);
    return "graph";
  }
  // New shapes run once before they are captured: TensorRT sets itself up at their first enqueue.
  Enqueue(timer);
  if (entry != nullptr) return entry->refusal;
  return reason.empty() ? "enqueue" : reason;
}

std::string GraphLauncher::WhyNoGraph(Lane& lane) const {
  const bool fresh = std::any_of(
      lane.outputs().begin(), lane.outputs().end(),
      [](const Lane::Output& output) { return output.delivery == Lane::Delivery::kDevice; });
  if (fresh) return "newOutputMemory";
  if (!never_captured_.empty()) return never_captured_;
  if (!context_.IsCapturable(stream_.get()).value_or(true)) return "notCapturable";
  return {};
}

std::string GraphLauncher::CaptureAndVerify(Lane& lane, GraphCache::Entry& entry, JobTimer* timer) {
  Enqueue(timer);
  const auto expected = ReadOutputs(driver_, lane, stream_);
  try {
    Capture capture(device_, stream_);
    context_.Enqueue(stream_.get());
    entry.graph = capture.Finish();
  } catch (const StatusError&) {
    // The outputs of the plain run are still there.
    entry.refusal = "captureFailed";
    return entry.refusal;
  }
  // A graph that was captured wrongly may do nothing: it must not find the right outputs there.
  ClearOutputs(driver_, lane, stream_);
  Enqueue(*entry.graph, timer);
  if (ReadOutputs(driver_, lane, stream_) == expected) return "capture";
  entry.graph.reset();
  entry.refusal = "outputsDiffer";
  Enqueue(timer);
  return entry.refusal;
}

void GraphLauncher::Enqueue(JobTimer* timer) {
  LaunchTimed(timer, stream_, [this] { context_.Enqueue(stream_.get()); });
}

void GraphLauncher::Enqueue(const Graph& graph, JobTimer* timer) {
  LaunchTimed(timer, stream_, [&] { graph.Launch(stream_); });
}

}  // namespace tensorrt_node
