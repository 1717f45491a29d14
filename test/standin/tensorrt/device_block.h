#pragma once

#include <cstddef>

#include "../cuda/driver_api.h"

namespace tensorrt_node::standin {

/// Device memory that an engine or an execution context holds, so that tests see it in the memory
/// they count. What is computed does not use it.
class DeviceBlock {
 public:
  /// Allocates in the current context. Throws a Failure where the driver refuses.
  explicit DeviceBlock(size_t bytes);
  /// Frees in the context of the constructor, whichever is current now.
  ~DeviceBlock();
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;

  CUcontext context() const { return context_; }

 private:
  const CUcontext context_;
  CUdeviceptr address_ = 0;
};

}  // namespace tensorrt_node::standin
