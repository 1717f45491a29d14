#include "device.h"

namespace tensorrt_node::standin {

bool Device::Reserve(uint64_t bytes) {
  uint64_t used = used_bytes_;
  do {
    if (bytes > memory_bytes_ - used) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes));
  return true;
}

bool Device::Release() {
  int references = references_;
  do {
    if (references == 0) return false;
  } while (!references_.compare_exchange_weak(references, references - 1));
  if (references == 1) {
    fault_ = CUDA_SUCCESS;
    const std::lock_guard<std::mutex> lock(mutex_);
    peers_.clear();
  }
  return true;
}

bool Device::EnablePeer(const Device& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return peers_.insert(&peer).second;
}

bool Device::DisablePeer(const Device& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return peers_.erase(&peer) == 1;
}

bool Device::Reaches(const Device& device) const {
  if (&device == this) return true;
  const std::lock_guard<std::mutex> lock(mutex_);
  return peers_.count(&device) == 1;
}

void Device::Fault(CUresult error) {
  CUresult none = CUDA_SUCCESS;
  fault_.compare_exchange_strong(none, error);
}

}  // namespace tensorrt_node::standin
