#pragma once

#include <cstddef>
#include <memory>

#include "cuda/stream.h"

namespace tensorrt_node {

/// Device memory that is taken and given back often: freed memory stays with the pool, so that a
/// steady load does not ask the driver for any.
class MemoryPool {
 public:
  /// The pool that this process shares for a device. It lives as long as anything uses it.
  static std::shared_ptr<MemoryPool> Of(int ordinal);

  explicit MemoryPool(std::shared_ptr<const Device> device);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  const std::shared_ptr<const Device>& device() const { return device_; }

  /// Gives memory that nothing uses back to the driver.
  void Trim();

 private:
  friend class DeviceBlock;
  CUdeviceptr Allocate(size_t bytes);
  void Free(CUdeviceptr pointer) noexcept;

  const std::shared_ptr<const Device> device_;
  // Allocating is ordered on a stream; the block is handed out when the stream got there.
  const Stream stream_;
  CUmemoryPool pool_ = nullptr;
};

/// Device memory of a fixed size from a pool. Whoever destroys it has made sure that no work uses
/// it any more.
class DeviceBlock {
 public:
  DeviceBlock(std::shared_ptr<MemoryPool> pool, size_t bytes);
  ~DeviceBlock();
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;

  CUdeviceptr pointer() const { return pointer_; }
  void* data() const { return reinterpret_cast<void*>(pointer_); }
  size_t bytes() const { return bytes_; }
  const std::shared_ptr<const Device>& device() const { return pool_->device(); }

 private:
  const std::shared_ptr<MemoryPool> pool_;
  const size_t bytes_;
  const CUdeviceptr pointer_;
};

}  // namespace tensorrt_node
