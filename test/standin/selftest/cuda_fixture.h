#pragma once

#include <array>
#include <cstddef>

#include "selftest.h"

namespace selftest {

constexpr size_t kBytes = 64;
using Bytes = std::array<unsigned char, kBytes>;

inline Bytes Filled(unsigned char value) {
  Bytes bytes;
  bytes.fill(value);
  return bytes;
}

/// Pinned memory and device memory of 64 bytes each, and two streams.
class Fixture {
 public:
  Fixture() {
    CHECK(cuMemHostAlloc(&pinned_, kBytes, 0) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&device, kBytes) == CUDA_SUCCESS);
    CHECK(cuStreamCreate(&first, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    CHECK(cuStreamCreateWithPriority(&second, CU_STREAM_NON_BLOCKING, -1) == CUDA_SUCCESS);
  }
  ~Fixture() {
    cuMemFreeHost(pinned_);
    cuMemFree_v2(device);
    cuStreamDestroy_v2(first);
    cuStreamDestroy_v2(second);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  Bytes& pinned() { return *static_cast<Bytes*>(pinned_); }

  /// What is in the device memory, by way of the second stream.
  Bytes DeviceBytes() {
    Bytes bytes{};
    CHECK(cuMemcpyDtoHAsync_v2(bytes.data(), device, kBytes, second) == CUDA_SUCCESS);
    return bytes;
  }

  CurrentDevice current;
  CUdeviceptr device = 0;
  CUstream first = nullptr;
  CUstream second = nullptr;

 private:
  void* pinned_ = nullptr;
};

}  // namespace selftest
