#include "session/lane.h"

#include <cstring>
#include <utility>

#include "session/io.h"

namespace tensorrt_node {

void* Lane::Input::address() const {
  if (bound && bound->on_device()) return bound->data();
  if (tensor.on_host) return bound ? bound->data() : staging.data();
  return memory.data();
}

const void* Lane::Input::source() const {
  if (tensor.on_host || (bound && bound->on_device())) return nullptr;
  return bound ? bound->data() : staging.data();
}

void* Lane::Output::address() const {
  if (bound && bound->on_device() != tensor.on_host) return bound->data();
  return tensor.on_host ? staging.data() : memory.data();
}

void* Lane::Output::host_data() const {
  if (bound) return bound->on_device() ? nullptr : bound->data();
  return delivery == Delivery::kHost ? staging.data() : nullptr;
}

Lane::Lane(const std::shared_ptr<const Device>& device, const std::vector<IoTensor>& tensors)
    : device_(device), inputs_ready_(device), computed_(device), delivered_(device) {
  for (const IoTensor& tensor : tensors) {
    if (tensor.is_input) {
      inputs_.push_back({tensor, PinnedBuffer(device), DeviceBuffer(device), nullptr, {}, 0});
    } else {
      outputs_.push_back({tensor,
                          PinnedBuffer(device),
                          DeviceBuffer(device),
                          nullptr,
                          Delivery::kHost,
                          {},
                          0,
                          false});
    }
  }
}

void Lane::Stage(size_t index, const Dims& dims, const void* data, size_t bytes) {
  Input& input = inputs_.at(index);
  const size_t expected = TensorBytes(input.tensor, dims);
  if (bytes != expected) {
    throw StatusError("ERR_FEED", "Input '" + input.tensor.name + "' has " + std::to_string(bytes) +
                                      " bytes where its dims say " + std::to_string(expected) + ".")
        .WithTensor(input.tensor.name);
  }
  input.staging.Reserve(bytes);
  if (bytes > 0) std::memcpy(input.staging.data(), data, bytes);
  input.bound = nullptr;
  input.dims = dims;
  input.bytes = bytes;
}

void Lane::BindInput(size_t index, const Dims& dims, std::shared_ptr<TensorMemory> memory) {
  Input& input = inputs_.at(index);
  const std::string& name = input.tensor.name;
  CheckSameDevice(input.tensor, *memory);
  const size_t bytes = TensorBytes(input.tensor, dims);
  if (memory->bytes() < bytes) {
    throw StatusError("ERR_FEED", "Input '" + name + "' needs " + std::to_string(bytes) +
                                      " bytes, its memory has " + std::to_string(memory->bytes()) +
                                      ".")
        .WithTensor(name);
  }
  if (input.tensor.on_host && memory->on_device()) {
    throw StatusError("ERR_FEED", "Input '" + name +
                                      "' is a shape tensor, which TensorRT reads on "
                                      "the host; it is on the device.")
        .WithTensor(name);
  }
  input.bound = std::move(memory);
  input.dims = dims;
  input.bytes = bytes;
}

void Lane::Deliver(size_t index, Delivery delivery) {
  Output& output = outputs_.at(index);
  output.bound = nullptr;
  output.delivery = delivery;
}

void Lane::BindOutput(size_t index, std::shared_ptr<TensorMemory> memory) {
  Output& output = outputs_.at(index);
  CheckSameDevice(output.tensor, *memory);
  output.bound = std::move(memory);
  output.delivery = Delivery::kBound;
}

void* Lane::Reserve(Output& output, size_t bytes) {
  if (output.delivery == Delivery::kBound && output.bound->bytes() < bytes) {
    throw StatusError("ERR_FEED", "Output '" + output.tensor.name + "' needs " +
                                      std::to_string(bytes) +
                                      " bytes, the memory given for it has " +
                                      std::to_string(output.bound->bytes()) + ".")
        .WithTensor(output.tensor.name);
  }
  if (output.delivery == Delivery::kDevice) {
    output.bound = TensorMemory::OnDevice(MemoryPool::Of(device_->ordinal()), bytes);
  }
  if (output.tensor.on_host) {
    output.staging.Reserve(bytes);
  } else if (!output.bound || !output.bound->on_device()) {
    output.memory.Reserve(bytes);
  }
  return output.address();
}

void Lane::Unbind() {
  for (Input& input : inputs_) input.bound = nullptr;
  for (Output& output : outputs_) output.bound = nullptr;
}

JobTimer& Lane::timer() {
  if (!timer_) timer_ = std::make_unique<JobTimer>(device_);
  return *timer_;
}

void Lane::CheckSameDevice(const IoTensor& tensor, const TensorMemory& memory) const {
  if (!memory.on_device() || memory.device().ordinal() == device_->ordinal()) return;
  throw StatusError("ERR_FEED", "The memory for '" + tensor.name + "' is on GPU " +
                                    std::to_string(memory.device().ordinal()) +
                                    ", the engine is on GPU " + std::to_string(device_->ordinal()) +
                                    ".")
      .WithTensor(tensor.name)
      .WithRemedy("Copy it with DeviceTensor.copyTo(device).");
}

}  // namespace tensorrt_node
