#include "execution_context.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cuda_driver.h"
#include "engine.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

constexpr CUdeviceptr kAddressAlignment = 256;

Failure Invalid(const std::string& message) {
  return Failure(ErrorCode::kINVALID_ARGUMENT, message);
}

void* ToPointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

/// Whether each dimension of `shape` is -1 in `network_shape` or agrees with it.
bool Agrees(const Shape& shape, const Shape& network_shape) {
  return std::equal(
      shape.begin(), shape.end(), network_shape.begin(), network_shape.end(),
      [](int64_t dim, int64_t expected) { return expected == -1 || dim == expected; });
}

bool Within(const Shape& shape, const ShapeRange& range) {
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < range.min[axis] || shape[axis] > range.max[axis]) return false;
  }
  return true;
}

}  // namespace

ExecutionContext::ExecutionContext(const Engine& engine, const Reporter& engine_reporter,
                                   std::shared_ptr<const Network> network, Allocation strategy)
    : ExecutionContextDefaults(engine_reporter.log(), engine_reporter.recorder()),
      engine_(engine),
      network_(std::move(network)),
      addresses_(network_->io().size(), 0) {
  if (strategy != Allocation::kUSER_MANAGED) scratch_.emplace(engine.getDeviceMemorySizeV2());
  ForgetInputShapes();
}

ExecutionContext::~ExecutionContext() {
  if (!flight_->InFlight()) return;
  reporter_.Violation("an execution context was destroyed while its inference was in flight");
  flight_->Wait();
}

const nvinfer1::ICudaEngine& ExecutionContext::getEngine() const noexcept { return engine_; }

bool ExecutionContext::setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept {
  return reporter_.Run("setOptimizationProfileAsync", false, [&] {
    if (profile < 0 || profile >= static_cast<int32_t>(network_->profile_count())) {
      throw Invalid("there is no optimization profile " + std::to_string(profile));
    }
    if (flight_->InFlight()) throw Failure(ErrorCode::kINVALID_STATE, "an inference is in flight");
    auto ready = std::make_shared<std::atomic<bool>>(false);
    EnqueueWork(stream, [ready] { *ready = true; });
    profile_ready_ = std::move(ready);
    if (profile != profile_) ForgetInputShapes();
    profile_ = profile;
    return true;
  });
}

void ExecutionContext::ForgetInputShapes() {
  input_shapes_.clear();
  for (size_t input = 0; input < network_->input_count(); ++input) {
    input_shapes_.push_back(network_->io()[input].type.shape);
  }
}

bool ExecutionContext::setInputShape(const char* name, const nvinfer1::Dims& dims) noexcept {
  return reporter_.Run("setInputShape", false, [&] {
    const size_t index = RequireIo(name);
    if (!network_->IsInput(index)) throw Invalid(std::string("'") + name + "' is no input");
    const Shape shape = FromDims(dims);
    const Shape& expected = network_->io()[index].type.shape;
    const std::string given = std::string("'") + name + "' cannot have shape " + ToText(shape);
    if (!Agrees(shape, expected)) throw Invalid(given + ": the network has " + ToText(expected));
    const ShapeRange range = network_->ProfileRange(profile_, index);
    if (!Within(shape, range)) {
      throw Invalid(given + ": optimization profile " + std::to_string(profile_) + " allows " +
                    ToText(range.min) + " to " + ToText(range.max));
    }
    input_shapes_[index] = shape;
    return true;
  });
}

bool ExecutionContext::allInputDimensionsSpecified() const noexcept {
  return std::all_of(input_shapes_.begin(), input_shapes_.end(), IsKnown);
}

int32_t ExecutionContext::inferShapes(int32_t capacity, const char** names) noexcept {
  return reporter_.Run("inferShapes", -1, [&] {
    if (capacity < 0 || (capacity > 0 && names == nullptr)) throw Invalid("no room for the names");
    int32_t open = 0;
    for (size_t input = 0; input < input_shapes_.size(); ++input) {
      if (IsKnown(input_shapes_[input])) continue;
      if (open < capacity) names[open] = network_->io()[input].name.c_str();
      ++open;
    }
    network_->InferShapes(input_shapes_);
    return open;
  });
}

std::optional<Shape> ExecutionContext::KnownShape(const char* name) const {
  try {
    return network_->InferShapes(input_shapes_)[RequireIo(name)];
  } catch (const Failure& failure) {
    reporter_.Error(failure.code(), failure.what());
    return std::nullopt;
  }
}

nvinfer1::Dims ExecutionContext::getTensorShape(const char* name) const noexcept {
  const std::optional<Shape> shape = KnownShape(name);
  return shape ? ToDims(*shape) : NoDims();
}

nvinfer1::Dims ExecutionContext::getTensorStrides(const char* name) const noexcept {
  const std::optional<Shape> shape = KnownShape(name);
  if (!shape || !IsKnown(*shape)) return NoDims();
  Shape strides(shape->size(), 1);
  for (size_t axis = strides.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * (*shape)[axis];
  }
  return ToDims(strides);
}

int64_t ExecutionContext::getMaxOutputSize(const char* name) const noexcept {
  const int index = network_->FindIo(name);
  if (index < 0 || network_->IsInput(index)) return -1;
  const std::optional<Shape> shape = KnownShape(name);
  if (!shape || !IsKnown(*shape)) return -1;
  return ElementCount(*shape) * static_cast<int64_t>(BytesOf(network_->io()[index].type.type));
}

size_t ExecutionContext::RequireIo(const char* name) const {
  const int index = name == nullptr ? -1 : network_->FindIo(name);
  if (index >= 0) return index;
  throw Invalid(std::string("there is no IO tensor '") + (name == nullptr ? "" : name) + "'");
}

bool ExecutionContext::SetAddress(const char* method, const char* name, const void* address) {
  return reporter_.Run(method, false, [&] {
    const size_t index = RequireIo(name);
    const auto value = reinterpret_cast<CUdeviceptr>(address);
    if (value % kAddressAlignment != 0) {
      throw Invalid(std::string("the address of '") + name + "' is not aligned to 256 bytes");
    }
    addresses_[index] = value;
    return true;
  });
}

bool ExecutionContext::setTensorAddress(const char* name, void* address) noexcept {
  return SetAddress("setTensorAddress", name, address);
}

bool ExecutionContext::setInputTensorAddress(const char* name, const void* address) noexcept {
  return SetAddress("setInputTensorAddress", name, address);
}

bool ExecutionContext::setOutputTensorAddress(const char* name, void* address) noexcept {
  return SetAddress("setOutputTensorAddress", name, address);
}

const void* ExecutionContext::getTensorAddress(const char* name) const noexcept {
  const int index = network_->FindIo(name);
  return index < 0 ? nullptr : ToPointer(addresses_[index]);
}

void* ExecutionContext::getOutputTensorAddress(const char* name) const noexcept {
  const int index = network_->FindIo(name);
  return index < 0 || network_->IsInput(index) ? nullptr : ToPointer(addresses_[index]);
}

void ExecutionContext::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
  user_memory_bytes_ = memory == nullptr ? 0 : size;
}

size_t ExecutionContext::updateDeviceMemorySizeForShapes() noexcept {
  return allInputDimensionsSpecified() ? engine_.getDeviceMemorySizeV2() : 0;
}

bool ExecutionContext::setInputConsumedEvent(cudaEvent_t event) noexcept {
  input_consumed_ = event;
  return true;
}

bool ExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
  return reporter_.Run("enqueueV3", false, [&] {
    if (!flight_->Begin()) {
      ++Process::Instance().violations;
      throw Failure(ErrorCode::kINVALID_STATE,
                    "an inference of this execution context is in flight already");
    }
    try {
      CheckReady();
      InferenceJob job{network_,         flight_,       profile_ready_,
                       CurrentContext(), input_shapes_, addresses_};
      EnqueueWork(stream, [job = std::move(job)]() mutable { job.Run(); });
    } catch (...) {
      flight_->End();
      throw;
    }
    if (input_consumed_ != nullptr) {
      CheckDriver("cuEventRecord", cuEventRecord(input_consumed_, stream));
    }
    return true;
  });
}

void ExecutionContext::CheckReady() const {
  for (size_t index = 0; index < addresses_.size(); ++index) {
    const std::string& name = network_->io()[index].name;
    if (addresses_[index] == 0) throw Invalid("the address of '" + name + "' is not set");
    if (network_->IsInput(index) && !IsKnown(input_shapes_[index])) {
      throw Invalid("the shape of '" + name + "' is not set");
    }
  }
  network_->InferShapes(input_shapes_);
  if (CurrentContext() != engine_.cuda_context()) {
    throw Failure(ErrorCode::kINVALID_STATE, "the current CUDA context is not the engine's");
  }
  if (!scratch_ && user_memory_bytes_ < engine_.getDeviceMemorySizeV2()) {
    throw Invalid("the device memory that the application manages is too small or not set");
  }
}

}  // namespace tensorrt_node::standin
