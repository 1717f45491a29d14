#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace tensorrt_node::standin {

class Device;
class MemoryPool;

/// Memory of a device or pinned memory of the host. Both are host memory here.
class Allocation {
 public:
  /// Fills the memory with 0xFF (a NaN in every floating-point type, -1 in every integer), so that
  /// a result that reads what nobody wrote cannot be right by accident.
  Allocation(Device& device, size_t bytes);
  /// Of a pool: not there before a stream says so.
  Allocation(std::shared_ptr<MemoryPool> pool, size_t bytes);
  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  Device& device() const { return device_; }
  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

  /// Null for memory that no pool gave.
  MemoryPool* pool() const { return pool_.get(); }

  /// The stream that allocates it got there.
  void MarkAllocated();
  void MarkFreed() { state_ = State::kFreed; }
  /// Why nothing may use it now; null where it may be used.
  const char* Misuse() const;

  /// A stream will free it: no call may name it any more. False where that was said before.
  bool RequestFree() { return !free_requested_.exchange(true); }
  bool free_requested() const { return free_requested_; }

 private:
  enum class State { kPending, kAllocated, kFreed };

  const std::shared_ptr<MemoryPool> pool_;
  Device& device_;
  const size_t bytes_;
  std::byte* const data_;
  std::atomic<State> state_;
  std::atomic<bool> free_requested_{false};
};

/// Bytes that an operation uses. Those of an allocation stay in memory until the operation has run,
/// so that a free that came too early is found and reported instead of corrupting the test.
struct Span {
  std::byte* data;
  /// Null for pageable memory of the host, whose life the stand-in cannot know.
  std::shared_ptr<Allocation> allocation;

  const char* Misuse() const { return allocation == nullptr ? nullptr : allocation->Misuse(); }
};

/// Live allocations by address.
class AllocationMap {
 public:
  AllocationMap() = default;
  AllocationMap(const AllocationMap&) = delete;
  AllocationMap& operator=(const AllocationMap&) = delete;

  void Add(uint64_t address, std::shared_ptr<Allocation> allocation);

  /// Removes the allocation that begins at `address`; null where none does.
  std::shared_ptr<Allocation> Remove(uint64_t address);

  /// The allocation that begins at `address`; null where none does.
  std::shared_ptr<Allocation> Get(uint64_t address) const;

  /// The bytes at `address`, where all of them are inside one allocation.
  std::optional<Span> Find(uint64_t address, size_t bytes) const;

  /// Whether `address` is inside an allocation.
  bool Contains(uint64_t address) const;

  size_t size() const;

 private:
  using Allocations = std::map<uint64_t, std::shared_ptr<Allocation>>;

  /// The allocation that holds `address`, or end. The caller holds the mutex.
  Allocations::const_iterator Holding(uint64_t address) const;

  mutable std::mutex mutex_;
  Allocations allocations_;
};

}  // namespace tensorrt_node::standin
