#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace tensorrt_node::standin {

/// How the stand-in behaves, from the environment at the first `cuInit`.
struct Settings {
  /// STANDIN_CUDA_DEVICES, default 1. With 0, `cuInit` returns CUDA_ERROR_NO_DEVICE.
  int devices;
  /// STANDIN_CUDA_COMPUTE, default 8.9: one compute capability for all devices, or a list.
  std::vector<std::pair<int, int>> compute_capabilities;
  /// STANDIN_CUDA_MEMORY, bytes of each device, default 8 GiB.
  uint64_t memory_bytes;
  /// STANDIN_CUDA_DRIVER_VERSION, as cuDriverGetVersion returns it, default 13000.
  int driver_version;
  /// STANDIN_CUDA_PEER, default 1: whether devices can reach each other's memory.
  bool peer_access;
  /// STANDIN_CUDA_DELAY_US, default 0: each stream operation first waits for a random time from 0
  /// to this, so that work which nothing orders happens in an unexpected order.
  std::chrono::microseconds max_delay;
  /// STANDIN_CUDA_SEED of these random times, default 1.
  uint64_t seed;
  /// STANDIN_CUDA_COPY_US, default 0: how long each copy or fill of a stream takes at least.
  std::chrono::microseconds copy_time;

  static Settings FromEnvironment();
};

}  // namespace tensorrt_node::standin
