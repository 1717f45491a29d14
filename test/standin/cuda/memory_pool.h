#pragma once

#include <cstdint>
#include <mutex>

namespace tensorrt_node::standin {

class Device;

/// Memory that a device has lent for stream-ordered allocations. It keeps what they return until
/// somebody trims it.
class MemoryPool {
 public:
  explicit MemoryPool(Device& device) : device_(device) {}
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  Device& device() const { return device_; }

  /// False where the device has not so much memory as the pool would have to grow.
  bool Take(uint64_t bytes);
  void Give(uint64_t bytes);

  /// Returns to the device what nobody uses, down to `keep` bytes.
  void Trim(uint64_t keep);

  uint64_t threshold() const;
  void set_threshold(uint64_t bytes);

  /// Bytes now, and the most there were since the last reset.
  struct Level {
    uint64_t current = 0;
    uint64_t high = 0;
  };
  Level used() const;
  Level reserved() const;
  void ResetHighUsed();
  void ResetHighReserved();

 private:
  Device& device_;
  mutable std::mutex mutex_;
  uint64_t threshold_ = 0;
  Level used_;
  Level reserved_;
};

}  // namespace tensorrt_node::standin
