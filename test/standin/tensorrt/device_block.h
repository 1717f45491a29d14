#pragma once

#include <cstddef>

#include "../cuda/driver_api.h"

namespace tensorrt_node::standin {

/// Device memory that an engine or an execution context holds.
class DeviceBlock {
 public:
  /// Allocates in the current context. Throws a Failure where the driver refuses.
  explicit DeviceBlock(size_t bytes);
  /// Frees in the context of the constructor, whichever is current now.
  ~DeviceBlock();
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;

  CUdeviceptr address() const { return address_; }
  size_t bytes() const { return bytes_; }

 private:
  const CUcontext context_;
  const size_t bytes_;
  CUdeviceptr address_ = 0;
};

}  // namespace tensorrt_node::standin
