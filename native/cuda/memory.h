#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "cuda/device.h"

namespace tensorrt_node {

/// How a buffer gets and returns its bytes; both need the device's context to be current.
struct DeviceMemory {
  static constexpr char kAllocate[] = "cuMemAlloc";
  static CUresult Allocate(const CudaDriver& driver, void** address, size_t bytes) {
    CUdeviceptr pointer = 0;
    const CUresult result = driver.cuMemAlloc(&pointer, bytes);
    *address = reinterpret_cast<void*>(pointer);
    return result;
  }
  static void Free(const CudaDriver& driver, void* address) {
    driver.cuMemFree(reinterpret_cast<CUdeviceptr>(address));
  }
};

/// Page-locked host memory, which asynchronous copies need.
struct PinnedMemory {
  static constexpr char kAllocate[] = "cuMemHostAlloc";
  static CUresult Allocate(const CudaDriver& driver, void** address, size_t bytes) {
    return driver.cuMemHostAlloc(address, bytes, 0);
  }
  static void Free(const CudaDriver& driver, void* address) { driver.cuMemFreeHost(address); }
};

/// A buffer that grows to the largest size asked of it, so that a steady load allocates nothing.
template <typename Memory>
class Buffer {
 public:
  explicit Buffer(std::shared_ptr<const Device> device) : device_(std::move(device)) {}
  ~Buffer() { Free(); }
  Buffer(Buffer&& other) noexcept
      : device_(std::move(other.device_)),
        address_(std::exchange(other.address_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&&) = delete;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return address_; }
  CUdeviceptr device_pointer() const { return reinterpret_cast<CUdeviceptr>(address_); }
  size_t capacity() const { return capacity_; }
  const Device& device() const { return *device_; }

  /// Makes room for `bytes`, at least one so that an empty tensor has an address too. What the
  /// buffer held is lost when it grows.
  void Reserve(size_t bytes) {
    if (address_ != nullptr && bytes <= capacity_) return;
    Free();
    const size_t capacity = bytes == 0 ? 1 : bytes;
    const ContextScope scope(*device_);
    void* address = nullptr;
    device_->driver().Check(Memory::Allocate(device_->driver(), &address, capacity),
                            Memory::kAllocate);
    address_ = address;
    capacity_ = capacity;
  }

 private:
  void Free() noexcept {
    if (address_ == nullptr) return;
    CleanUp(*device_, [this] { Memory::Free(device_->driver(), address_); });
    address_ = nullptr;
    capacity_ = 0;
  }

  std::shared_ptr<const Device> device_;
  void* address_ = nullptr;
  size_t capacity_ = 0;
};

using DeviceBuffer = Buffer<DeviceMemory>;
using PinnedBuffer = Buffer<PinnedMemory>;

static_assert(!std::is_copy_constructible_v<DeviceBuffer>);
static_assert(!std::is_copy_constructible_v<PinnedBuffer>);

}  // namespace tensorrt_node
