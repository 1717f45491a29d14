// Memory and copies.

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Allocation;
using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Driver;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Span;
using tensorrt_node::standin::Stream;

namespace {

uint64_t AddressOf(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

/// A range of device memory that a copy may use, or none after saying why.
std::optional<Span> DeviceSpan(Call& call, CUdeviceptr address, size_t bytes) {
  std::optional<Span> span = call.driver.device_memory().Find(address, bytes);
  if (!span) {
    const bool known = call.driver.device_memory().Contains(address);
    call.Violation(CUDA_ERROR_INVALID_VALUE,
                   std::to_string(bytes) + " bytes of device memory " +
                       (known ? "leave their allocation" : "are in no live allocation"));
  }
  return span;
}

/// A range of pinned memory; none where it is pageable memory, or where it leaves its allocation,
/// which sets `error`.
std::optional<Span> PinnedSpan(Call& call, const void* pointer, size_t bytes, CUresult* error) {
  std::optional<Span> span = call.driver.pinned_memory().Find(AddressOf(pointer), bytes);
  if (!span && call.driver.pinned_memory().Contains(AddressOf(pointer))) {
    *error = call.Violation(CUDA_ERROR_INVALID_VALUE,
                            std::to_string(bytes) + " bytes leave their pinned allocation");
  }
  return span;
}

void EnqueueCopy(Stream& stream, Span to, Span from, size_t bytes) {
  Device& device = stream.device();
  stream.Enqueue([to = std::move(to), from = std::move(from), bytes, &device] {
    if (to.freed() || from.freed()) {
      Driver::Instance().Violation("a copy was still to run when its memory was freed");
      return device.Fault(CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    std::memmove(to.data, from.data, bytes);
  });
}

}  // namespace

CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    *free_bytes = call.device().free_bytes();
    *total_bytes = call.device().memory_bytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    if (bytes == 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "0 bytes were asked for");
    *address = call.driver.AllocateDeviceMemory(call.device(), bytes);
    return *address == 0 ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
  });
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.FreeDeviceMemory(address)) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_VALUE, "no live allocation begins at the address");
  });
}

CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    if (bytes == 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "0 bytes were asked for");
    auto allocation = std::make_shared<Allocation>(call.device(), bytes);
    *pointer = allocation->data();
    call.driver.pinned_memory().Add(AddressOf(*pointer), std::move(allocation));
    return CUDA_SUCCESS;
  });
}

CUresult cuMemFreeHost(void* pointer) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.pinned_memory().Remove(AddressOf(pointer))) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_VALUE, "no live allocation begins at the pointer");
  });
}

// As the driver does: pinned memory is read when the stream gets there; pageable memory has been
// copied to staging memory when the call returns.
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    const std::optional<Span> target = DeviceSpan(call, to, bytes);
    if (!target) return CUDA_ERROR_INVALID_VALUE;
    CUresult error = CUDA_SUCCESS;
    std::optional<Span> source = PinnedSpan(call, from, bytes, &error);
    if (error != CUDA_SUCCESS) return error;
    if (!source) {
      const auto staging = std::make_shared<Allocation>(call.device(), bytes);
      std::memcpy(staging->data(), from, bytes);
      source = Span{staging->data(), staging};
    }
    EnqueueCopy(stream, *target, *source, bytes);
    return CUDA_SUCCESS;
  });
}

// As the driver does: the call returns at once for pinned memory, and after the copy for pageable
// memory.
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    const std::optional<Span> source = DeviceSpan(call, from, bytes);
    if (!source) return CUDA_ERROR_INVALID_VALUE;
    CUresult error = CUDA_SUCCESS;
    const std::optional<Span> pinned = PinnedSpan(call, to, bytes, &error);
    if (error != CUDA_SUCCESS) return error;
    if (pinned) {
      EnqueueCopy(stream, *pinned, *source, bytes);
      return CUDA_SUCCESS;
    }
    EnqueueCopy(stream, Span{static_cast<std::byte*>(to), nullptr}, *source, bytes);
    stream.Synchronize();
    return stream.device().fault();
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    const std::optional<Span> target = DeviceSpan(call, to, bytes);
    const std::optional<Span> source = DeviceSpan(call, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    EnqueueCopy(stream, *target, *source, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    const std::optional<Span> target = DeviceSpan(call, to, bytes);
    if (!target) return CUDA_ERROR_INVALID_VALUE;
    const auto source = std::make_shared<Allocation>(call.device(), bytes);
    std::memset(source->data(), value, bytes);
    EnqueueCopy(stream, *target, Span{source->data(), source}, bytes);
    return CUDA_SUCCESS;
  });
}
