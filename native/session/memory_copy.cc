#include "session/memory_copy.h"

#include <cstring>

#include "cuda/stream.h"

namespace tensorrt_node {
namespace {

CUdeviceptr DeviceAddress(const TensorMemory& memory) {
  return reinterpret_cast<CUdeviceptr>(memory.data());
}

/// Runs `copy` with a stream of the device of `memory` and waits for it.
template <typename Copy>
void OnStreamOf(const TensorMemory& memory, const char* call, Copy copy) {
  const std::shared_ptr<Device> device = Device::Open(memory.device().ordinal());
  const ContextScope scope(*device);
  const Stream stream(device);
  device->driver().Check(copy(device->driver(), stream.get()), call);
  stream.Synchronize();
}

}  // namespace

void CopyToHost(const TensorMemory& source, void* target, size_t bytes) {
  if (bytes == 0) return;
  if (!source.on_device()) {
    std::memcpy(target, source.data(), bytes);
    return;
  }
  OnStreamOf(source, "cuMemcpyDtoHAsync", [&](const CudaDriver& driver, CUstream stream) {
    return driver.cuMemcpyDtoHAsync(target, DeviceAddress(source), bytes, stream);
  });
}

void CopyFromHost(const void* source, const TensorMemory& target, size_t bytes) {
  if (bytes == 0) return;
  if (!target.on_device()) {
    std::memcpy(target.data(), source, bytes);
    return;
  }
  OnStreamOf(target, "cuMemcpyHtoDAsync", [&](const CudaDriver& driver, CUstream stream) {
    return driver.cuMemcpyHtoDAsync(DeviceAddress(target), source, bytes, stream);
  });
}

void CopyBetween(const TensorMemory& source, const TensorMemory& target, size_t bytes) {
  if (!source.on_device()) return CopyFromHost(source.data(), target, bytes);
  if (!target.on_device()) return CopyToHost(source, target.data(), bytes);
  if (bytes == 0) return;
  OnStreamOf(target, "cuMemcpyPeerAsync", [&](const CudaDriver& driver, CUstream stream) {
    return driver.cuMemcpyPeerAsync(DeviceAddress(target), target.device().context(),
                                    DeviceAddress(source), source.device().context(), bytes,
                                    stream);
  });
}

}  // namespace tensorrt_node
