#include "execution_context.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda_driver.h"
#include "engine.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;
using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

Failure Invalid(const std::string& message) {
  return Failure(ErrorCode::kINVALID_ARGUMENT, message);
}

void* ToPointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

}  // namespace

ExecutionContext::ExecutionContext(const Engine& engine, const Reporter& engine_reporter,
                                   const RuntimeConfig& config)
    : ExecutionContextDefaults(engine_reporter.log(), engine_reporter.recorder()),
      engine_(engine),
      state_(engine.state()),
      config_(config),
      bindings_(state_->network),
      debug_(state_->network),
      flight_(std::make_shared<Flight>(state_->in_flight)) {
  const Allocation strategy = config.getExecutionContextAllocationStrategy();
  if (strategy == Allocation::kSTATIC) scratch_.emplace(state_->ScratchBytes());
  if (strategy == Allocation::kON_PROFILE_CHANGE) scratch_.emplace(state_->ScratchBytes(0));
  ++state_->contexts;
}

ExecutionContext::~ExecutionContext() {
  --state_->contexts;
  flight_->Retire();
  if (!flight_->InFlight()) return;
  reporter_.Violation("an execution context was destroyed while its inference was in flight");
  flight_->Wait();
}

const nvinfer1::ICudaEngine& ExecutionContext::getEngine() const noexcept { return engine_; }

nvinfer1::IRuntimeConfig* ExecutionContext::getRuntimeConfig() const noexcept {
  return const_cast<RuntimeConfig*>(&config_);
}

bool ExecutionContext::setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept {
  return reporter_.Run("setOptimizationProfileAsync", false, [&] {
    if (profile < 0 || profile >= static_cast<int32_t>(network().profiles().size())) {
      throw Invalid("there is no optimization profile " + std::to_string(profile));
    }
    if (flight_->InFlight()) throw Failure(ErrorCode::kINVALID_STATE, "an inference is in flight");
    if (config_.getExecutionContextAllocationStrategy() == Allocation::kON_PROFILE_CHANGE) {
      scratch_.reset();
      scratch_.emplace(state_->ScratchBytes(profile));
    }
    auto ready = std::make_shared<std::atomic<bool>>(false);
    EnqueueWork(stream, [ready] { *ready = true; });
    profile_ready_ = std::move(ready);
    measured_bytes_.reset();
    bindings_.SetProfile(profile);
    return true;
  });
}

bool ExecutionContext::setInputShape(Name name, const nvinfer1::Dims& dims) noexcept {
  return reporter_.Run("setInputShape", false, [&] {
    bindings_.SetInputShape(name, dims);
    measured_bytes_.reset();
    return true;
  });
}

bool ExecutionContext::allInputDimensionsSpecified() const noexcept {
  return bindings_.AllShapesKnown();
}

int32_t ExecutionContext::inferShapes(int32_t capacity, Name* names) noexcept {
  return reporter_.Run("inferShapes", -1, [&] {
    if (capacity < 0 || (capacity > 0 && names == nullptr)) throw Invalid("no room for the names");
    const std::vector<size_t> open = bindings_.Insufficient();
    const auto count = static_cast<int32_t>(open.size());
    for (int32_t i = 0; i < std::min(count, capacity); ++i) {
      names[i] = network().io()[open[i]].name.c_str();
    }
    bindings_.ReadHostInputs();
    bindings_.WriteHostOutputs(bindings_.Infer());
    return count;
  });
}

std::optional<Value> ExecutionContext::Known(Name name) const {
  try {
    return bindings_.Infer()[bindings_.Require(name)];
  } catch (const Failure& failure) {
    reporter_.Error(failure.code(), failure.what());
    return std::nullopt;
  }
}

nvinfer1::Dims ExecutionContext::getTensorShape(Name name) const noexcept {
  const std::optional<Value> value = Known(name);
  return value ? ToDims(value->type.shape) : NoDims();
}

nvinfer1::Dims ExecutionContext::getTensorStrides(Name name) const noexcept {
  const std::optional<Value> value = Known(name);
  if (!value || !IsKnown(value->type.shape)) return NoDims();
  const Shape& shape = value->type.shape;
  Shape strides(shape.size(), 1);
  for (size_t axis = strides.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return ToDims(strides);
}

int64_t ExecutionContext::getMaxOutputSize(Name name) const noexcept {
  const int index = network().FindIo(name);
  if (index < 0 || network().IsInput(index)) return -1;
  try {
    const TensorType type = bindings_.Bound()[index].type;
    if (!IsKnown(type.shape)) return -1;
    const size_t elements = network().io()[index].format.ElementsInMemory(type.shape);
    return static_cast<int64_t>(elements * BytesOf(type.type));
  } catch (const Failure& failure) {
    reporter_.Error(failure.code(), failure.what());
    return -1;
  }
}

bool ExecutionContext::SetAddress(const char* method, Name name, const void* address) {
  return reporter_.Run(method, false, [&] {
    bindings_.SetAddress(name, reinterpret_cast<CUdeviceptr>(address));
    return true;
  });
}

bool ExecutionContext::setTensorAddress(Name name, void* address) noexcept {
  return SetAddress("setTensorAddress", name, address);
}

bool ExecutionContext::setInputTensorAddress(Name name, const void* address) noexcept {
  return SetAddress("setInputTensorAddress", name, address);
}

bool ExecutionContext::setOutputTensorAddress(Name name, void* address) noexcept {
  return SetAddress("setOutputTensorAddress", name, address);
}

const void* ExecutionContext::getTensorAddress(Name name) const noexcept {
  const int index = network().FindIo(name);
  return index < 0 ? nullptr : ToPointer(bindings_.address(index));
}

void* ExecutionContext::getOutputTensorAddress(Name name) const noexcept {
  const int index = network().FindIo(name);
  return index < 0 || network().IsInput(index) ? nullptr : ToPointer(bindings_.address(index));
}

bool ExecutionContext::setOutputAllocator(Name name,
                                          nvinfer1::IOutputAllocator* allocator) noexcept {
  return reporter_.Run("setOutputAllocator", false, [&] {
    const size_t index = bindings_.RequireOutput(name);
    if (network().io()[index].on_host) throw Invalid("outputs on the host take no allocator");
    bindings_.allocator(index) = allocator;
    return true;
  });
}

nvinfer1::IOutputAllocator* ExecutionContext::getOutputAllocator(Name name) noexcept {
  const int index = network().FindIo(name);
  return index < 0 ? nullptr : bindings_.allocator(index);
}

void ExecutionContext::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
  reporter_.Run("setDeviceMemoryV2", false, [&] {
    if (scratch_) throw Invalid("the execution context manages its memory itself");
    constexpr CUdeviceptr kAlignment = 256;
    const auto address = reinterpret_cast<CUdeviceptr>(memory);
    if (address % kAlignment != 0) throw Invalid("the memory is not aligned to 256 bytes");
    user_memory_ = address;
    user_memory_bytes_ = memory == nullptr ? 0 : size;
    return true;
  });
}

int64_t ExecutionContext::ScratchBytesForShapes() const {
  constexpr double kGranularity = 256;
  const int64_t streaming = state_->memory.StreamingScratchBytes();
  const auto most = static_cast<double>(state_->ScratchBytes(bindings_.profile()) - streaming);
  return static_cast<int64_t>(std::ceil(most * bindings_.Extent() / kGranularity) * kGranularity) +
         streaming;
}

size_t ExecutionContext::updateDeviceMemorySizeForShapes() noexcept {
  return reporter_.Run<size_t>("updateDeviceMemorySizeForShapes", 0, [&] {
    if (!bindings_.AllShapesKnown()) throw Invalid("not all shapes are set");
    measured_bytes_ = ScratchBytesForShapes();
    return static_cast<size_t>(*measured_bytes_);
  });
}

bool ExecutionContext::setInputConsumedEvent(cudaEvent_t event) noexcept {
  input_consumed_ = event;
  return true;
}

void ExecutionContext::setAuxStreams(cudaStream_t* streams, int32_t count) noexcept {
  reporter_.Run("setAuxStreams", false, [&] {
    if (count < 0 || (count > 0 && streams == nullptr)) throw Invalid("there are no streams");
    // Streams beyond those that the engine uses are ignored.
    const int32_t used = std::min(count, network().facts().aux_streams);
    aux_streams_.assign(streams, streams + used);
    return true;
  });
}

bool ExecutionContext::reportToProfiler() const noexcept {
  return reporter_.Run("reportToProfiler", false, [&] {
    if (profiler_ == nullptr) throw Failure(ErrorCode::kINVALID_STATE, "there is no profiler");
    if (enqueue_emits_) return true;
    if (last_job_ == nullptr) throw Failure(ErrorCode::kINVALID_STATE, "no inference was enqueued");
    flight_->Wait();
    Report(*last_job_);
    return true;
  });
}

bool ExecutionContext::setDebugListener(nvinfer1::IDebugListener* listener) noexcept {
  debug_.SetListener(listener);
  return true;
}

bool ExecutionContext::setTensorDebugState(Name name, bool on) noexcept {
  return reporter_.Run("setTensorDebugState", false, [&] {
    debug_.SetState(name, on);
    return true;
  });
}

bool ExecutionContext::setAllTensorsDebugState(bool on) noexcept {
  return reporter_.Run("setAllTensorsDebugState", false, [&] {
    debug_.SetAll(on);
    return true;
  });
}

}  // namespace tensorrt_node::standin
