#include "memory_pool.h"

#include <algorithm>

#include "device.h"

namespace tensorrt_node::standin {

MemoryPool::~MemoryPool() { device_.Unreserve(reserved_.current); }

bool MemoryPool::Take(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t used = used_.current + bytes;
  if (used > reserved_.current) {
    if (!device_.Reserve(used - reserved_.current)) return false;
    reserved_.current = used;
    reserved_.high = std::max(reserved_.high, used);
  }
  used_.current = used;
  used_.high = std::max(used_.high, used);
  return true;
}

void MemoryPool::Give(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  used_.current -= bytes;
}

void MemoryPool::Trim(uint64_t keep) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t kept = std::min(reserved_.current, std::max(used_.current, keep));
  device_.Unreserve(reserved_.current - kept);
  reserved_.current = kept;
}

uint64_t MemoryPool::threshold() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return threshold_;
}

void MemoryPool::set_threshold(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  threshold_ = bytes;
}

MemoryPool::Level MemoryPool::used() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_;
}

MemoryPool::Level MemoryPool::reserved() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return reserved_;
}

void MemoryPool::ResetHighUsed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  used_.high = used_.current;
}

void MemoryPool::ResetHighReserved() {
  const std::lock_guard<std::mutex> lock(mutex_);
  reserved_.high = reserved_.current;
}

}  // namespace tensorrt_node::standin
