#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "driver_api.h"

namespace tensorrt_node::standin {

/// A device and its primary context.
class Device {
 public:
  Device(int ordinal, std::pair<int, int> compute_capability, uint64_t memory_bytes)
      : ordinal_(ordinal), compute_capability_(compute_capability), memory_bytes_(memory_bytes) {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int ordinal() const { return ordinal_; }
  std::pair<int, int> compute_capability() const { return compute_capability_; }
  uint64_t memory_bytes() const { return memory_bytes_; }
  uint64_t free_bytes() const { return memory_bytes_ - used_bytes_; }

  /// False where so much memory is not free.
  bool Reserve(uint64_t bytes);
  void Unreserve(uint64_t bytes) { used_bytes_ -= bytes; }

  CUcontext context() { return reinterpret_cast<CUcontext>(this); }
  void Retain() { ++references_; }
  /// Forgets the fault and the peers with the last reference. False where there is no reference to
  /// release.
  bool Release();
  /// Lets work of this device's context reach the memory of another device. False where it could
  /// already, or where it could not.
  bool EnablePeer(const Device& peer);
  bool DisablePeer(const Device& peer);
  /// Whether work of this device's context reaches the memory of `device`.
  bool Reaches(const Device& device) const;

  int references() const { return references_; }

  /// The sticky error of the context, CUDA_SUCCESS while there is none. The first one stays.
  CUresult fault() const { return fault_; }
  void Fault(CUresult error);

 private:
  const int ordinal_;
  const std::pair<int, int> compute_capability_;
  const uint64_t memory_bytes_;
  std::atomic<uint64_t> used_bytes_{0};
  std::atomic<int> references_{0};
  mutable std::mutex mutex_;
  std::set<const Device*> peers_;
  std::atomic<CUresult> fault_{CUDA_SUCCESS};
};

}  // namespace tensorrt_node::standin
