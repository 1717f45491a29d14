#include "session/execution_slot.h"

#include <algorithm>
#include <utility>

#include "finally.h"
#include "session/io.h"
#include "session/output_receiver.h"

namespace tensorrt_node {
namespace {

bool IsDataDependent(const Lane::Output& output) { return output.data_dependent; }

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
  ContextOptions context = options.context;
  context.stream = compute_stream_.get();
  context_ = engine_->engine().CreateContext(context);
  if (options.graphs > 0) {
    graphs_ = std::make_unique<GraphLauncher>(device_, engine_->engine(), *context_,
                                              compute_stream_, options.graphs);
  }
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
    report.launch = graphs_->Launch(lane, timer);
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

void ExecutionSlot::Enqueue(JobTimer* timer) {
  LaunchTimed(timer, compute_stream_, [this] { context_->Enqueue(compute_stream_.get()); });
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
