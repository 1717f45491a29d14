// How an ExecutionContext enqueues an inference.

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "aux_streams.h"
#include "cuda_driver.h"
#include "execution_context.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

constexpr CUdeviceptr kAddressAlignment = 256;

Failure NotReady(const std::string& message) { return Failure(ErrorCode::kINVALID_STATE, message); }

std::vector<Shape> ShapesOf(const std::vector<Value>& values) {
  std::vector<Shape> shapes;
  for (const Value& value : values) shapes.push_back(value.type.shape);
  return shapes;
}

}  // namespace

bool ExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
  return reporter_.Run("enqueueV3", false, [&] {
    auto job = std::make_shared<InferenceJob>();
    job->captured = IsCapturing(stream);
    if (!job->captured && !flight_->Begin()) {
      ++Process::Instance().violations;
      throw NotReady("an inference of this execution context is in flight already");
    }
    job->flight = flight_;
    job->weights = state_->weights;
    try {
      Enqueue(stream, job);
    } catch (...) {
      RefuseCapture(stream);
      if (!job->captured) {
        cuStreamSynchronize(stream);
        job->Abandon();
      }
      throw;
    }
    last_job_ = job;
    const bool reports = profiler_ != nullptr && enqueue_emits_;
    if (!reports && !state_->memory.streams()) return true;
    CheckDriver("cuStreamSynchronize", cuStreamSynchronize(stream));
    if (reports) Report(*job);
    return true;
  });
}

void ExecutionContext::Enqueue(CUstream stream, const std::shared_ptr<InferenceJob>& job) {
  bindings_.CheckComplete();
  bindings_.ReadHostInputs();
  const std::vector<Value> io = bindings_.Infer();
  CheckReady();
  if (job->captured) CheckCapture(io);
  CompileKernels(io);

  job->network = state_->network;
  job->profile_ready = profile_ready_;
  job->weights_ready = state_->memory.ready();
  job->context = state_->cuda_context;
  job->inputs.assign(io.begin(), io.begin() + static_cast<int64_t>(network().input_count()));
  job->addresses = bindings_.addresses();
  job->room.assign(io.size(), 0);
  job->scratch = scratch_ ? scratch_->address() : user_memory_;

  std::unique_lock<std::mutex> hold(job->start);
  EnqueueWork(stream, [job] { job->Compute(); });
  if (input_consumed_ != nullptr) {
    CheckDriver("cuEventRecord", cuEventRecord(input_consumed_, stream));
  }
  ForkAndJoin(stream, aux_streams_);
  if (WhySynchronous()) {
    hold.unlock();
    CheckDriver("cuStreamSynchronize", cuStreamSynchronize(stream));
    if (debug_.on()) debug_.Show(job, stream);
  }
  SettleOutputs(io, stream, job.get());
  bindings_.WriteHostOutputs(io);
  EnqueueWork(stream, [job] { job->Finish(); });
  if (!job->captured) settled_shapes_ = ShapesOf(io);
}

void ExecutionContext::CheckReady() const {
  if (CurrentContext() != state_->cuda_context) {
    throw NotReady("the current CUDA context is not the engine's");
  }
  if (!state_->memory.loaded()) throw NotReady("the weights of the engine are not loaded");
  for (const std::string& name : state_->MissingWeights()) {
    throw NotReady("weights '" + name + "' were stripped and have not been refitted");
  }
  const int64_t needed = measured_bytes_.value_or(state_->ScratchBytes(bindings_.profile()));
  if (!scratch_ && user_memory_bytes_ < needed) {
    throw Failure(ErrorCode::kINVALID_ARGUMENT,
                  "the device memory that the application manages is too small or not set: " +
                      std::to_string(needed) + " bytes are needed");
  }
}

std::optional<std::string> ExecutionContext::WhySynchronous() const {
  if (network().data_dependent()) return "shapes depend on data";
  if (state_->memory.streams()) return "weights are streamed";
  if (debug_.on()) return "debug tensors are shown";
  if (profiler_ != nullptr && enqueue_emits_) return "enqueueV3 reports to the profiler";
  return std::nullopt;
}

void ExecutionContext::CheckCapture(const std::vector<Value>& io) const {
  if (const auto why = WhySynchronous()) throw NotReady("cannot be captured: " + *why);
  if (settled_shapes_ != ShapesOf(io)) {
    throw NotReady("cannot be captured: an inference with these shapes must run before");
  }
}

void ExecutionContext::CompileKernels(const std::vector<Value>& io) {
#ifdef TRT_MAJOR_RTX
  std::string kernels = network().facts().name + ' ' +
                        std::to_string(std::hash<std::string>()(state_->plan)) + " profile " +
                        std::to_string(bindings_.profile());
  if (config_.SpecializesKernels()) {
    for (const Shape& shape : ShapesOf(io)) kernels += ' ' + ToText(shape);
  }
  if (compiled_.count(kernels) == 1) return;
  const bool cached = config_.kernels() != nullptr && !config_.kernels()->Add(kernels);
  if (!cached && Process::Instance().ledger.Enter("compileKernels") != 0) {
    throw Failure(ErrorCode::kUNSPECIFIED_ERROR, "compileKernels: injected failure");
  }
  compiled_.insert(kernels);
#else
  static_cast<void>(io);
#endif
}

void ExecutionContext::SettleOutputs(const std::vector<Value>& io, CUstream stream,
                                     InferenceJob* job) {
  const std::vector<Value> bound = network().data_dependent() ? bindings_.Bound() : io;
  const auto bytes_of = [&](size_t index, const TensorType& type) {
    return network().io()[index].format.ElementsInMemory(type.shape) * BytesOf(type.type);
  };
  for (size_t index = network().input_count(); index < io.size(); ++index) {
    const Network::IoTensor& tensor = network().io()[index];
    const bool data_dependent = !IsKnown(io[index].type.shape);
    nvinfer1::IOutputAllocator* allocator = bindings_.allocator(index);
    if (allocator == nullptr) {
      if (data_dependent) job->room[index] = bytes_of(index, bound[index].type);
      continue;
    }
    const TensorType& type =
        data_dependent ? job->computation().tensors[tensor.tensor].type : io[index].type;
    void* const current = reinterpret_cast<void*>(bindings_.address(index));
    const uint64_t bytes = std::max<uint64_t>(bytes_of(index, type), 1);
    const auto address = reinterpret_cast<CUdeviceptr>(allocator->reallocateOutputAsync(
        tensor.name.c_str(), current, bytes, kAddressAlignment, stream));
    if (address == 0 || address % kAddressAlignment != 0) {
      throw Failure(ErrorCode::kFAILED_ALLOCATION,
                    "the allocator of '" + tensor.name + "' gave no memory that can be used");
    }
    job->addresses[index] = address;
    allocator->notifyShape(tensor.name.c_str(), ToDims(type.shape));
  }
}

void ExecutionContext::Report(const InferenceJob& job) const {
  const bool named = network().facts().verbosity != nvinfer1::ProfilingVerbosity::kNONE;
  const std::vector<float>& times = job.computation().milliseconds;
  for (size_t step = 0; step < times.size(); ++step) {
    const std::string name = named ? network().LayerName(step) : std::to_string(step);
    profiler_->reportLayerTime(name.c_str(), times[step]);
  }
}

#ifdef TRT_MAJOR_RTX

bool ExecutionContext::isStreamCapturable(cudaStream_t) const noexcept { return !WhySynchronous(); }

#endif

}  // namespace tensorrt_node::standin
