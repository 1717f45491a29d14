// Copies and fills.

#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Allocation;
using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Driver;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::RunUnsafe;
using tensorrt_node::standin::Span;
using tensorrt_node::standin::Stream;

namespace {

/// A range of device memory that a copy may use, or none after saying why.
std::optional<Span> DeviceSpan(Call& call, CUdeviceptr address, size_t bytes) {
  std::optional<Span> span = call.driver.device_memory().Find(address, bytes);
  if (span && !span->allocation->free_requested()) return span;
  const bool leaves = !span && call.driver.device_memory().Contains(address);
  call.Violation(CUDA_ERROR_INVALID_VALUE,
                 std::to_string(bytes) + " bytes of device memory " +
                     (leaves ? "leave their allocation" : "are in no live allocation"));
  return std::nullopt;
}

/// The same for memory that the current context has to reach itself.
std::optional<Span> ReachableSpan(Call& call, CUdeviceptr address, size_t bytes) {
  std::optional<Span> span = DeviceSpan(call, address, bytes);
  if (!span || call.device().Reaches(span->allocation->device())) return span;
  call.Violation(CUDA_ERROR_INVALID_VALUE, "the memory is a device's without peer access");
  return std::nullopt;
}

/// The same for memory of the device of `context`.
std::optional<Span> SpanOf(Call& call, CUcontext context, CUdeviceptr address, size_t bytes) {
  std::optional<Span> span = DeviceSpan(call, address, bytes);
  if (!span || span->allocation->device().context() == context) return span;
  call.Violation(CUDA_ERROR_INVALID_VALUE, "the memory is not of the context it is said to be of");
  return std::nullopt;
}

/// A range of host memory. `pinned` where the driver knows it; none where it leaves its pinned
/// allocation.
struct HostSpan {
  Span span;
  bool pinned;
};

std::optional<HostSpan> FindHost(Call& call, const void* pointer, size_t bytes) {
  const auto address = reinterpret_cast<uint64_t>(pointer);
  if (auto span = call.driver.pinned_memory().Find(address, bytes)) return HostSpan{*span, true};
  if (call.driver.pinned_memory().Contains(address)) {
    call.Violation(CUDA_ERROR_INVALID_VALUE,
                   std::to_string(bytes) + " bytes leave their pinned allocation");
    return std::nullopt;
  }
  auto* data = const_cast<std::byte*>(static_cast<const std::byte*>(pointer));
  return HostSpan{Span{data, nullptr}, false};
}

/// Bytes of its own, for an operation that outlives what it was given.
Span Staged(Device& device, const void* from, size_t bytes) {
  auto staging = std::make_shared<Allocation>(device, bytes);
  std::memcpy(staging->data(), from, bytes);
  return Span{staging->data(), staging};
}

Span Filled(Device& device, unsigned char value, size_t bytes) {
  auto source = std::make_shared<Allocation>(device, bytes);
  std::memset(source->data(), value, bytes);
  return Span{source->data(), source};
}

void Copy(Device& device, const Span& to, const Span& from, size_t bytes) {
  if (device.fault() != CUDA_SUCCESS) return;
  const char* misuse = to.Misuse() != nullptr ? to.Misuse() : from.Misuse();
  if (misuse != nullptr) {
    Driver::Instance().Violation(std::string("a copy was still to run ") + misuse);
    return device.Fault(CUDA_ERROR_ILLEGAL_ADDRESS);
  }
  std::memmove(to.data, from.data, bytes);
}

CUresult EnqueueCopy(Call& call, Stream& stream, Span to, Span from, size_t bytes) {
  return call.Enqueue(
      stream, [&device = stream.device(), to = std::move(to), from = std::move(from), bytes] {
        std::this_thread::sleep_for(Driver::Instance().settings().copy_time);
        Copy(device, to, from, bytes);
      });
}

/// Whether a copy of pageable memory met a capture. The stand-in cannot know how long such memory
/// lives, so a graph must not use it here.
bool PageableWhileCapturing(Call& call, const Stream& stream) {
  if (!call.driver.captures().Invalidate(stream)) return false;
  call.Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                 "a copy of pageable memory is not implemented in a capture");
  return true;
}

/// Calls `body(call)` as work of the default stream, which waits for all streams that are not
/// non-blocking, and for which the caller waits.
template <typename Body>
CUresult RunSynchronously(const char* function, Body body) {
  return RunUnsafe(function, Needs::kContext, [&](Call& call) {
    Device& device = call.device();
    if (call.driver.captures().InvalidateBlocking(device)) {
      return call.Violation(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                            "a stream that waits for the default stream is capturing");
    }
    call.driver.streams().ForEach([&](const Stream& stream) {
      if (&stream.device() == &device && stream.blocking()) stream.Synchronize();
    });
    const CUresult done = body(call);
    return device.fault() == CUDA_SUCCESS ? done : device.fault();
  });
}

}  // namespace

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return RunSynchronously(__func__, [&](Call& call) {
    const std::optional<Span> target = ReachableSpan(call, to, bytes);
    const std::optional<HostSpan> source = FindHost(call, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    Copy(call.device(), *target, source->span, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return RunSynchronously(__func__, [&](Call& call) {
    const std::optional<HostSpan> target = FindHost(call, to, bytes);
    const std::optional<Span> source = ReachableSpan(call, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    Copy(call.device(), target->span, *source, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t bytes) {
  return RunSynchronously(__func__, [&](Call& call) {
    const std::optional<Span> target = ReachableSpan(call, to, bytes);
    if (!target) return CUDA_ERROR_INVALID_VALUE;
    Copy(call.device(), *target, Filled(call.device(), value, bytes), bytes);
    return CUDA_SUCCESS;
  });
}

// As the driver does: pinned memory is read when the stream gets there; pageable memory has been
// copied to staging memory when the call returns.
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    std::optional<Span> target = ReachableSpan(call, to, bytes);
    std::optional<HostSpan> source = FindHost(call, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    if (!source->pinned) {
      if (PageableWhileCapturing(call, stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
      source->span = Staged(call.device(), from, bytes);
    }
    return EnqueueCopy(call, stream, std::move(*target), std::move(source->span), bytes);
  });
}

// As the driver does: the call returns at once for pinned memory, and after the copy for pageable
// memory.
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    std::optional<Span> source = ReachableSpan(call, from, bytes);
    std::optional<HostSpan> target = FindHost(call, to, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    if (!target->pinned && PageableWhileCapturing(call, stream)) {
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    const CUresult enqueued =
        EnqueueCopy(call, stream, std::move(target->span), std::move(*source), bytes);
    if (enqueued != CUDA_SUCCESS || target->pinned) return enqueued;
    stream.Synchronize();
    return stream.device().fault();
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    std::optional<Span> target = ReachableSpan(call, to, bytes);
    std::optional<Span> source = ReachableSpan(call, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    return EnqueueCopy(call, stream, std::move(*target), std::move(*source), bytes);
  });
}

// Needs no peer access: without it the driver goes by way of the host.
CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                           CUcontext from_context, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    std::optional<Span> target = SpanOf(call, to_context, to, bytes);
    std::optional<Span> source = SpanOf(call, from_context, from, bytes);
    if (!target || !source) return CUDA_ERROR_INVALID_VALUE;
    return EnqueueCopy(call, stream, std::move(*target), std::move(*source), bytes);
  });
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (bytes == 0) return CUDA_SUCCESS;
    std::optional<Span> target = ReachableSpan(call, to, bytes);
    if (!target) return CUDA_ERROR_INVALID_VALUE;
    Span source = Filled(call.device(), value, bytes);
    return EnqueueCopy(call, stream, std::move(*target), std::move(source), bytes);
  });
}
