#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../cuda/driver_api.h"
#include "network.h"

namespace tensorrt_node::standin {

/// What an execution context knows of its inputs and outputs.
class Bindings {
 public:
  explicit Bindings(std::shared_ptr<const Network> network);
  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;

  /// The index of an IO tensor. Throws a Failure where there is none.
  size_t Require(const char* name) const;
  size_t RequireOutput(const char* name) const;

  int32_t profile() const { return profile_; }
  /// Leaves the dynamic dimensions of all inputs open where the profile is another one.
  void SetProfile(int32_t profile);

  void SetInputShape(const char* name, const nvinfer1::Dims& dims);
  bool AllShapesKnown() const;
  void SetAddress(const char* name, CUdeviceptr address);
  CUdeviceptr address(size_t index) const { return addresses_[index]; }
  const std::vector<CUdeviceptr>& addresses() const { return addresses_; }
  nvinfer1::IOutputAllocator*& allocator(size_t index) { return allocators_[index]; }

  /// Inputs without a shape, or without the values that shapes depend on.
  std::vector<size_t> Insufficient() const;
  /// Reads the shape tensors on the host again. Throws a Failure for values that the profile does
  /// not allow.
  void ReadHostInputs();
  /// All IO tensors as far as they are known. Throws a Failure where inputs do not fit together.
  std::vector<Value> Infer() const;
  /// As Infer, with the largest dimensions of data-dependent outputs.
  std::vector<Value> Bound() const;
  /// Writes the outputs on the host that are known and have an address.
  void WriteHostOutputs(const std::vector<Value>& io) const;

  /// Throws a Failure where something that an inference needs is missing.
  void CheckComplete() const;

  /// The share of the largest inputs that the profile allows, from 0 to 1.
  double Extent() const;

 private:
  std::vector<Value> Inputs() const;
  std::vector<Element> ReadHost(size_t input) const;

  const std::shared_ptr<const Network> network_;
  int32_t profile_ = 0;
  std::vector<Shape> shapes_;
  std::vector<CUdeviceptr> addresses_;
  std::vector<nvinfer1::IOutputAllocator*> allocators_;
  /// Of inputs on the host: the elements that were read last.
  std::vector<std::optional<std::vector<Element>>> host_elements_;
};

}  // namespace tensorrt_node::standin
