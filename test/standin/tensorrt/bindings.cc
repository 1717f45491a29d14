#include "bindings.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

/// What TensorRT asks of every address, also of those on the host.
constexpr CUdeviceptr kAddressAlignment = 256;

Failure Invalid(const std::string& message) {
  return Failure(ErrorCode::kINVALID_ARGUMENT, message);
}

/// Whether each dimension of `shape` is -1 in `network_shape` or agrees with it.
bool Agrees(const Shape& shape, const Shape& network_shape) {
  return std::equal(
      shape.begin(), shape.end(), network_shape.begin(), network_shape.end(),
      [](int64_t dim, int64_t expected) { return expected == -1 || dim == expected; });
}

}  // namespace

Bindings::Bindings(std::shared_ptr<const Network> network)
    : network_(std::move(network)),
      addresses_(network_->io().size(), 0),
      allocators_(network_->io().size(), nullptr),
      host_elements_(network_->input_count()) {
  for (size_t input = 0; input < network_->input_count(); ++input) {
    shapes_.push_back(network_->io()[input].type.shape);
  }
}

size_t Bindings::Require(const char* name) const {
  const int index = network_->FindIo(name);
  if (index >= 0) return index;
  throw Invalid(std::string("there is no IO tensor '") + (name == nullptr ? "" : name) + "'");
}

size_t Bindings::RequireOutput(const char* name) const {
  const size_t index = Require(name);
  if (network_->IsInput(index)) throw Invalid(std::string("'") + name + "' is no output");
  return index;
}

void Bindings::SetProfile(int32_t profile) {
  if (profile == profile_) return;
  profile_ = profile;
  for (size_t input = 0; input < shapes_.size(); ++input) {
    shapes_[input] = network_->io()[input].type.shape;
    host_elements_[input].reset();
  }
}

void Bindings::SetInputShape(const char* name, const nvinfer1::Dims& dims) {
  const size_t index = Require(name);
  if (!network_->IsInput(index)) throw Invalid(std::string("'") + name + "' is no input");
  const Shape shape = FromDims(dims);
  const Shape& expected = network_->io()[index].type.shape;
  const std::string given = std::string("'") + name + "' cannot have shape " + ToText(shape);
  if (!Agrees(shape, expected)) throw Invalid(given + ": the network has " + ToText(expected));
  const Range range = network_->ProfileRange(profile_, index);
  if (!range.Holds(shape)) {
    throw Invalid(given + ": optimization profile " + std::to_string(profile_) + " allows " +
                  ToText(range.min) + " to " + ToText(range.max));
  }
  shapes_[index] = shape;
}

bool Bindings::AllShapesKnown() const {
  return std::all_of(shapes_.begin(), shapes_.end(),
                     [](const Shape& shape) { return IsKnown(shape); });
}

void Bindings::SetAddress(const char* name, CUdeviceptr address) {
  const size_t index = Require(name);
  if (address % kAddressAlignment != 0) {
    throw Invalid(std::string("the address of '") + name + "' is not aligned to 256 bytes");
  }
  addresses_[index] = address;
  if (network_->IsInput(index)) host_elements_[index].reset();
}

std::vector<size_t> Bindings::Insufficient() const {
  std::vector<size_t> inputs;
  for (size_t input = 0; input < shapes_.size(); ++input) {
    const bool no_values = network_->io()[input].on_host && addresses_[input] == 0;
    if (!IsKnown(shapes_[input]) || no_values) inputs.push_back(input);
  }
  return inputs;
}

std::vector<Element> Bindings::ReadHost(size_t input) const {
  const Network::IoTensor& tensor = network_->io()[input];
  std::vector<std::byte> bytes(BytesOf(TensorType{tensor.type.type, shapes_[input]}));
  std::memcpy(bytes.data(), reinterpret_cast<const void*>(addresses_[input]), bytes.size());
  const std::vector<Element> elements = FromBytes(tensor.type.type, bytes);
  const std::vector<int64_t> values(elements.begin(), elements.end());
  const Range* range = network_->ProfileValues(profile_, input);
  if (range->Holds(values)) return elements;
  throw Invalid("'" + tensor.name + "' cannot have the values " + ToText(values) +
                ": optimization profile " + std::to_string(profile_) + " allows " +
                ToText(range->min) + " to " + ToText(range->max));
}

void Bindings::ReadHostInputs() {
  for (size_t input = 0; input < shapes_.size(); ++input) {
    const bool readable =
        network_->io()[input].on_host && addresses_[input] != 0 && IsKnown(shapes_[input]);
    if (readable) host_elements_[input] = ReadHost(input);
  }
}

std::vector<Value> Bindings::Inputs() const {
  std::vector<Value> inputs;
  for (size_t input = 0; input < shapes_.size(); ++input) {
    Value value{TensorType{network_->io()[input].type.type, shapes_[input]}, {}};
    const bool on_host = network_->io()[input].on_host && IsKnown(shapes_[input]);
    const auto& read_before = host_elements_[input];
    if (on_host && read_before) {
      value.elements = *read_before;
    } else if (on_host && addresses_[input] != 0) {
      value.elements = ReadHost(input);
    }
    inputs.push_back(std::move(value));
  }
  return inputs;
}

std::vector<Value> Bindings::Infer() const { return network_->InferIo(Inputs()); }

std::vector<Value> Bindings::Bound() const { return network_->BoundIo(Inputs()); }

void Bindings::WriteHostOutputs(const std::vector<Value>& io) const {
  for (size_t index = network_->input_count(); index < io.size(); ++index) {
    const bool writable = network_->io()[index].on_host && addresses_[index] != 0;
    if (!writable || !IsKnown(io[index])) continue;
    const std::vector<std::byte> bytes = ToBytes(io[index].type.type, io[index].elements);
    std::memcpy(reinterpret_cast<void*>(addresses_[index]), bytes.data(), bytes.size());
  }
}

void Bindings::CheckComplete() const {
  for (size_t index = 0; index < addresses_.size(); ++index) {
    const Network::IoTensor& tensor = network_->io()[index];
    if (addresses_[index] == 0 && allocators_[index] == nullptr) {
      throw Invalid("the address of '" + tensor.name + "' is not set");
    }
    if (network_->IsInput(index) && !IsKnown(shapes_[index])) {
      throw Invalid("the shape of '" + tensor.name + "' is not set");
    }
    if (tensor.alias.empty()) continue;
    if (addresses_[index] != addresses_[network_->FindIo(tensor.alias.c_str())]) {
      throw Invalid("'" + tensor.name + "' must have the address of '" + tensor.alias + "'");
    }
  }
}

double Bindings::Extent() const {
  double now = 0;
  double most = 0;
  for (size_t input = 0; input < shapes_.size(); ++input) {
    now += static_cast<double>(ElementCount(shapes_[input]));
    most += static_cast<double>(ElementCount(network_->ProfileRange(profile_, input).max));
  }
  return most == 0 ? 1 : now / most;
}

}  // namespace tensorrt_node::standin
