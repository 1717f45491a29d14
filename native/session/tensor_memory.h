#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "cuda/memory.h"
#include "cuda/memory_pool.h"

namespace tensorrt_node {

/// Memory that JavaScript holds as a tensor and that inferences use in place: on the device, or
/// page-locked on the host. Shared with the inferences in flight, so that closing it is always
/// safe.
class TensorMemory {
 public:
  static std::shared_ptr<TensorMemory> OnDevice(std::shared_ptr<MemoryPool> pool, size_t bytes) {
    auto memory = std::shared_ptr<TensorMemory>(new TensorMemory(bytes));
    memory->block_ = std::make_unique<DeviceBlock>(std::move(pool), bytes);
    return memory;
  }

  static std::shared_ptr<TensorMemory> Pinned(std::shared_ptr<const Device> device, size_t bytes) {
    auto memory = std::shared_ptr<TensorMemory>(new TensorMemory(bytes));
    memory->pinned_ = std::make_unique<PinnedBuffer>(std::move(device));
    memory->pinned_->Reserve(bytes);
    return memory;
  }

  TensorMemory(const TensorMemory&) = delete;
  TensorMemory& operator=(const TensorMemory&) = delete;

  bool on_device() const { return block_ != nullptr; }
  void* data() const { return block_ ? block_->data() : pinned_->data(); }
  size_t bytes() const { return bytes_; }
  const Device& device() const { return block_ ? *block_->device() : pinned_->device(); }

 private:
  explicit TensorMemory(size_t bytes) : bytes_(bytes) {}

  const size_t bytes_;
  // One of the two.
  std::unique_ptr<DeviceBlock> block_;
  std::unique_ptr<PinnedBuffer> pinned_;
};

}  // namespace tensorrt_node
