#include "allocation.h"

#include <cstring>
#include <new>
#include <utility>

#include "memory_pool.h"

namespace tensorrt_node::standin {

namespace {

constexpr auto kPage = std::align_val_t{4096};

std::byte* NewMemory(size_t bytes) {
  auto* data = static_cast<std::byte*>(::operator new(bytes, kPage));
  std::memset(data, 0xFF, bytes);
  return data;
}

}  // namespace

Allocation::Allocation(Device& device, size_t bytes)
    : device_(device), bytes_(bytes), data_(NewMemory(bytes)), state_(State::kAllocated) {}

Allocation::Allocation(std::shared_ptr<MemoryPool> pool, size_t bytes)
    : pool_(std::move(pool)),
      device_(pool_->device()),
      bytes_(bytes),
      data_(NewMemory(bytes)),
      state_(State::kPending) {}

Allocation::~Allocation() { ::operator delete(data_, kPage); }

void Allocation::MarkAllocated() {
  State pending = State::kPending;
  state_.compare_exchange_strong(pending, State::kAllocated);
}

const char* Allocation::Misuse() const {
  switch (state_) {
    case State::kPending:
      return "before a stream allocated its memory";
    case State::kAllocated:
      return nullptr;
    case State::kFreed:
      return "when its memory was freed";
  }
  return nullptr;
}

void AllocationMap::Add(uint64_t address, std::shared_ptr<Allocation> allocation) {
  const std::lock_guard<std::mutex> lock(mutex_);
  allocations_.emplace(address, std::move(allocation));
}

std::shared_ptr<Allocation> AllocationMap::Remove(uint64_t address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = allocations_.find(address);
  if (found == allocations_.end()) return nullptr;
  std::shared_ptr<Allocation> allocation = std::move(found->second);
  allocations_.erase(found);
  allocation->MarkFreed();
  return allocation;
}

std::shared_ptr<Allocation> AllocationMap::Get(uint64_t address) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = allocations_.find(address);
  return found == allocations_.end() ? nullptr : found->second;
}

std::optional<Span> AllocationMap::Find(uint64_t address, size_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = Holding(address);
  if (found == allocations_.end()) return std::nullopt;
  const auto& [begin, allocation] = *found;
  const size_t offset = address - begin;
  if (bytes > allocation->bytes() - offset) return std::nullopt;
  return Span{allocation->data() + offset, allocation};
}

bool AllocationMap::Contains(uint64_t address) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Holding(address) != allocations_.end();
}

size_t AllocationMap::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return allocations_.size();
}

AllocationMap::Allocations::const_iterator AllocationMap::Holding(uint64_t address) const {
  const auto after = allocations_.upper_bound(address);
  if (after == allocations_.begin()) return allocations_.end();
  const auto candidate = std::prev(after);
  const bool inside = address - candidate->first < candidate->second->bytes();
  return inside ? candidate : allocations_.end();
}

}  // namespace tensorrt_node::standin
