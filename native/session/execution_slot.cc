#include "session/execution_slot.h"

#include <algorithm>
#include <utility>

#include "finally.h"
#include "session/io.h"
#include "session/output_receiver.h"

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

bool IsDataDependent(const Lane::Output& output) { return output.data_dependent; }

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

ExecutionSlot::ExecutionSlot(std::shared_ptr<LoadedEngine> engine, const SlotOptions& options)
    : engine_(std::move(engine)),
      device_(engine_->device()),
      driver_(device_->driver()),
      user_managed_memory_(options.context.memory == "userManaged"),
      wait_(options.wait),
      compute_stream_(device_, options.priority),
      scratch_(device_) {
  if (options.depth > 1) {
    in_stream_ = std::make_unique<Stream>(device_, options.priority);
    out_stream_ = std::make_unique<Stream>(device_, options.priority);
  }
  for (int i = 0; i < options.depth; ++i) {
    lanes_.push_back(std::make_unique<Lane>(device_, engine_->engine().tensors()));
  }
  const ContextScope scope(*device_);
  if (options.graphs > 0) {
    graphs_ = std::make_unique<GraphCache>(options.graphs);
    never_captured_ = WhyNeverCaptured(engine_->engine());
  }
  ContextOptions context = options.context;
  context.stream = compute_stream_.get();
  context_ = engine_->engine().CreateContext(context);
  compute_stream_.Synchronize();
}

ExecutionSlot::~ExecutionSlot() {
  graphs_.reset();
  // TensorRT frees device memory in the context that is current.
  CleanUp(*device_, [this] { context_.reset(); });
}

JobReport ExecutionSlot::Run(Lane& lane, const JobOptions& options) {
  const ContextScope scope(*device_);
  const bool alone = running_++ == 0 || !in_stream_;
  const Finally leave([this] { --running_; });
  JobReport report;
  try {
    JobTimer* const timer = options.timed ? &lane.timer() : nullptr;
    if (alone) {
      RunAlone(lane, options, timer, report);
    } else {
      RunBeside(lane, options, timer, report);
    }
    if (timer != nullptr) report.times = timer->Times();
  } catch (...) {
    Settle();
    throw;
  }
  return report;
}

void ExecutionSlot::RunAlone(Lane& lane, const JobOptions& options, JobTimer* timer,
                             JobReport& report) {
  // Locked for the copies too: another job that comes now may capture what the stream is given.
  InTurn(lane, timer, [&] {
    CopyIn(lane, compute_stream_, timer);
    Compute(lane, options, timer, report);
    CopyOut(lane, compute_stream_, timer);
  });
  // Not the stream, on which that job may be capturing.
  lane.computed().Synchronize(wait_);
}

void ExecutionSlot::RunBeside(Lane& lane, const JobOptions& options, JobTimer* timer,
                              JobReport& report) {
  CopyIn(lane, *in_stream_, timer);
  lane.inputs_ready().Record(*in_stream_);
  InTurn(lane, timer, [&] {
    lane.inputs_ready().HoldBack(compute_stream_);
    Compute(lane, options, timer, report);
  });
  lane.computed().HoldBack(*out_stream_);
  CopyOut(lane, *out_stream_, timer);
  lane.delivered().Record(*out_stream_);
  lane.delivered().Synchronize(wait_);
}

template <typename Work>
void ExecutionSlot::InTurn(Lane& lane, JobTimer* timer, Work enqueue_work) {
  const std::lock_guard<std::mutex> lock(context_mutex_);
  WaitForLast();
  try {
    if (timer != nullptr) timer->Turn(compute_stream_);
    enqueue_work();
    lane.computed().Record(compute_stream_);
  } catch (...) {
    // Its end is not recorded, so the next job could not wait for what was enqueued.
    driver_.cuStreamSynchronize(compute_stream_.get());
    throw;
  }
}

void ExecutionSlot::CopyIn(Lane& lane, const Stream& stream, JobTimer* timer) {
  if (timer != nullptr) timer->copy_in.Begin(stream);
  bool copies = false;
  for (Lane::Input& input : lane.inputs()) {
    const void* const source = input.source();
    if (source == nullptr) continue;
    input.memory.Reserve(input.bytes);
    if (input.bytes == 0) continue;
    driver_.Check(
        driver_.cuMemcpyHtoDAsync(input.memory.device_pointer(), source, input.bytes, stream.get()),
        "cuMemcpyHtoDAsync");
    copies = true;
  }
  if (timer != nullptr && copies) timer->copy_in.End(stream);
}

void ExecutionSlot::WaitForLast() {
  // A single lane has been waited for to its very end.
  if (last_ != nullptr && in_stream_) last_->computed().Synchronize(wait_);
}

void ExecutionSlot::Compute(Lane& lane, const JobOptions& options, JobTimer* timer,
                            JobReport& report) {
  last_ = &lane;
  std::optional<DebugRecorder> debug;
  std::optional<LayerTimes> layers;
  // What is set on the context must not outlive this call, also where it throws.
  const Finally unset([&] {
    if (debug) context_->SetDebugListener(nullptr, {});
    if (layers) context_->SetProfiler(nullptr);
  });
  if (!options.debug_tensors.empty()) {
    context_->SetDebugListener(&debug.emplace(driver_), options.debug_tensors);
  }
  if (options.profiled) context_->SetProfiler(&layers.emplace());
  BindInputs(lane);
  BindOutputs(lane);
  Launch(lane, options, timer, report);
  if (debug || layers) compute_stream_.Synchronize();
  if (debug) report.debug_tensors = debug->Take();
  if (layers) report.layers = layers->Take();
}

void ExecutionSlot::BindInputs(Lane& lane) {
  for (Lane::Input& input : lane.inputs()) {
    context_->SetInputShape(input.tensor.name, input.dims);
    context_->SetAddress(input.tensor.name, input.address());
  }
}

void ExecutionSlot::BindOutputs(Lane& lane) {
  context_->InferShapes();
  if (user_managed_memory_) {
    const uint64_t bytes = context_->DeviceMemoryForShapes();
    scratch_.Reserve(bytes);
    context_->SetDeviceMemory(scratch_.data(), scratch_.capacity());
  }
  for (Lane::Output& output : lane.outputs()) {
    output.dims = context_->Shape(output.tensor.name);
    output.data_dependent = HasOpenDimension(output.dims);
    if (output.data_dependent) continue;
    output.bytes = TensorBytes(output.tensor, output.dims);
    context_->SetAddress(output.tensor.name, lane.Reserve(output, output.bytes));
  }
}

void ExecutionSlot::Launch(Lane& lane, const JobOptions& options, JobTimer* timer,
                           JobReport& report) {
  const auto& outputs = lane.outputs();
  report.launch = "enqueue";
  if (std::any_of(outputs.begin(), outputs.end(), IsDataDependent)) {
    EnqueueDataDependent(lane, timer);
    if (graphs_) report.launch = "dataDependentOutput";
  } else if (graphs_ && !options.profiled && options.debug_tensors.empty()) {
    report.launch = LaunchGraph(lane, timer);
  } else {
    Enqueue(timer);
  }
}

void ExecutionSlot::EnqueueDataDependent(Lane& lane, JobTimer* timer) {
  std::vector<std::unique_ptr<OutputReceiver>> receivers;
  const Finally unset([&] {
    for (const auto& receiver : receivers) {
      context_->SetOutputAllocator(receiver->output().tensor.name, nullptr);
    }
  });
  for (Lane::Output& output : lane.outputs()) {
    if (!output.data_dependent) continue;
    receivers.push_back(std::make_unique<OutputReceiver>(lane, output));
    context_->SetOutputAllocator(output.tensor.name, receivers.back().get());
  }
  try {
    Enqueue(timer);
  } catch (const StatusError&) {
    for (const auto& receiver : receivers) receiver->ThrowIfFailed();
    throw;
  }
  for (const auto& receiver : receivers) {
    Lane::Output& output = receiver->output();
    output.bytes = TensorBytes(output.tensor, output.dims);
  }
}

std::string ExecutionSlot::LaunchGraph(Lane& lane, JobTimer* timer) {
  const std::string reason = WhyNoGraph(lane);
  GraphCache::Entry* const entry = reason.empty() ? graphs_->Find(GraphKey(lane)) : nullptr;
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

std::string ExecutionSlot::WhyNoGraph(Lane& lane) const {
  const bool fresh = std::any_of(
      lane.outputs().begin(), lane.outputs().end(),
      [](const Lane::Output& output) { return output.delivery == Lane::Delivery::kDevice; });
  if (fresh) return "newOutputMemory";
  if (!never_captured_.empty()) return never_captured_;
  if (!context_->IsCapturable(compute_stream_.get()).value_or(true)) return "notCapturable";
  return {};
}

std::string ExecutionSlot::CaptureAndVerify(Lane& lane, GraphCache::Entry& entry, JobTimer* timer) {
  Enqueue(timer);
  const auto expected = ReadOutputs(driver_, lane, compute_stream_);
  try {
    Capture capture(device_, compute_stream_);
    context_->Enqueue(compute_stream_.get());
    entry.graph = capture.Finish();
  } catch (const StatusError&) {
    // The outputs of the plain run are still there.
    entry.refusal = "captureFailed";
    return entry.refusal;
  }
  // A graph that was captured wrongly may do nothing: it must not find the right outputs there.
  ClearOutputs(driver_, lane, compute_stream_);
  Enqueue(*entry.graph, timer);
  if (ReadOutputs(driver_, lane, compute_stream_) == expected) return "capture";
  entry.graph.reset();
  entry.refusal = "outputsDiffer";
  Enqueue(timer);
  return entry.refusal;
}

void ExecutionSlot::Enqueue(JobTimer* timer) {
  const auto launch = [this] { context_->Enqueue(compute_stream_.get()); };
  if (timer == nullptr) return launch();
  timer->Enqueue(compute_stream_, launch);
}

void ExecutionSlot::Enqueue(const Graph& graph, JobTimer* timer) {
  const auto launch = [&] { graph.Launch(compute_stream_); };
  if (timer == nullptr) return launch();
  timer->Enqueue(compute_stream_, launch);
}

void ExecutionSlot::CopyOut(Lane& lane, const Stream& stream, JobTimer* timer) {
  if (timer != nullptr) timer->copy_out.Begin(stream);
  bool copies = false;
  for (Lane::Output& output : lane.outputs()) {
    if (output.tensor.on_host || output.bytes == 0) continue;
    if (output.delivery == Lane::Delivery::kHost) output.staging.Reserve(output.bytes);
    void* const target = output.host_data();
    if (target == nullptr) continue;
    driver_.Check(driver_.cuMemcpyDtoHAsync(target, output.memory.device_pointer(), output.bytes,
                                            stream.get()),
                  "cuMemcpyDtoHAsync");
    copies = true;
  }
  if (timer != nullptr && copies) timer->copy_out.End(stream);
}

void ExecutionSlot::Settle() noexcept {
  // Copies may still be under way, and the next job reuses the memory they work on. Locked, because
  // waiting for a stream on which another job captures would spoil the capture.
  const std::lock_guard<std::mutex> lock(context_mutex_);
  driver_.cuStreamSynchronize(compute_stream_.get());
  if (in_stream_) driver_.cuStreamSynchronize(in_stream_->get());
  if (out_stream_) driver_.cuStreamSynchronize(out_stream_->get());
}

void ExecutionSlot::InvalidateGraphs() {
  const std::lock_guard<std::mutex> lock(context_mutex_);
  if (graphs_) graphs_->Clear();
}

size_t ExecutionSlot::graph_evictions() const { return graphs_ ? graphs_->evictions() : 0; }

}  // namespace tensorrt_node
