#include "session/execution_slot.h"

#include <cstring>
#include <utility>

namespace tensorrt_node {
namespace {

size_t ElementBytes(const IoTensor& tensor) {
  const std::string& type = tensor.type;
  if (type == "int64") return 8;
  if (type == "float32" || type == "int32") return 4;
  if (type == "float16" || type == "bfloat16") return 2;
  if (type == "int8" || type == "uint8" || type == "bool" || type == "fp8") return 1;
  throw StatusError("ERR_TRT_INFER", "Tensor '" + tensor.name + "' is of type " + type +
                                         ", which cannot be passed in or out.")
      .WithTensor(tensor.name);
}

size_t TensorBytes(const IoTensor& tensor, const Dims& dims) {
  size_t bytes = ElementBytes(tensor);
  for (const int64_t dim : dims) {
    if (dim < 0) {
      throw StatusError("ERR_TRT_INFER", "The shape of output '" + tensor.name +
                                             "' depends on the data, which is not supported.")
          .WithTensor(tensor.name);
    }
    bytes *= static_cast<size_t>(dim);
  }
  return bytes;
}

}  // namespace

ExecutionSlot::ExecutionSlot(std::shared_ptr<LoadedEngine> engine, int profile)
    : engine_(std::move(engine)), driver_(engine_->device()->driver()), stream_(engine_->device()) {
  for (const IoTensor& tensor : engine_->engine().tensors()) {
    (tensor.is_input ? inputs_ : outputs_).emplace_back(tensor, engine_->device());
  }
  const ContextScope scope(*engine_->device());
  context_ = engine_->engine().CreateContext({profile, stream_.get(), {}, {}, {}, nullptr});
  stream_.Synchronize();
}

ExecutionSlot::~ExecutionSlot() {
  // TensorRT frees device memory in the context that is current.
  CleanUp(*engine_->device(), [this] { context_.reset(); });
}

void ExecutionSlot::Stage(size_t input, const Dims& dims, const void* data, size_t bytes) {
  Port& port = inputs_.at(input);
  const size_t expected = TensorBytes(port.tensor, dims);
  if (bytes != expected) {
    throw StatusError("ERR_FEED", "Input '" + port.tensor.name + "' has " + std::to_string(bytes) +
                                      " bytes where its dims say " + std::to_string(expected) + ".")
        .WithTensor(port.tensor.name);
  }
  port.staging.Reserve(bytes);
  if (bytes > 0) std::memcpy(port.staging.data(), data, bytes);
  port.dims = dims;
  port.bytes = bytes;
}

void ExecutionSlot::Run() {
  const ContextScope scope(*engine_->device());
  try {
    BindInputs();
    BindOutputs();
    Enqueue();
  } catch (...) {
    // Copies may still be under way, and the next job reuses the memory they work on.
    driver_.cuStreamSynchronize(stream_.get());
    throw;
  }
}

void ExecutionSlot::BindInputs() {
  for (Port& port : inputs_) {
    context_->SetInputShape(port.tensor.name, port.dims);
    if (port.tensor.on_host) {
      context_->SetAddress(port.tensor.name, port.staging.data());
      continue;
    }
    port.memory.Reserve(port.bytes);
    if (port.bytes > 0) {
      driver_.Check(driver_.cuMemcpyHtoDAsync(port.memory.device_pointer(), port.staging.data(),
                                              port.bytes, stream_.get()),
                    "cuMemcpyHtoDAsync");
    }
    context_->SetAddress(port.tensor.name, port.memory.data());
  }
}

void ExecutionSlot::BindOutputs() {
  context_->InferShapes();
  for (Port& port : outputs_) {
    port.dims = context_->Shape(port.tensor.name);
    port.bytes = TensorBytes(port.tensor, port.dims);
    port.staging.Reserve(port.bytes);
    if (port.tensor.on_host) {
      context_->SetAddress(port.tensor.name, port.staging.data());
      continue;
    }
    port.memory.Reserve(port.bytes);
    context_->SetAddress(port.tensor.name, port.memory.data());
  }
}

void ExecutionSlot::Enqueue() {
  context_->Enqueue(stream_.get());
  for (Port& port : outputs_) {
    if (port.tensor.on_host || port.bytes == 0) continue;
    driver_.Check(driver_.cuMemcpyDtoHAsync(port.staging.data(), port.memory.device_pointer(),
                                            port.bytes, stream_.get()),
                  "cuMemcpyDtoHAsync");
  }
  stream_.Synchronize();
}

}  // namespace tensorrt_node
