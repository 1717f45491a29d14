// Streams.

#include <algorithm>
#include <utility>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::InHostFunction;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Stream;

namespace {

constexpr int kLeastPriority = 0;
constexpr int kGreatestPriority = -5;

CUresult CreateStream(const char* function, CUstream* stream, Stream::Options options) {
  return Run(function, Needs::kContext, [&](Call& call) {
    if (options.flags > CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
    *stream = call.driver.CreateStream(call.device(), options);
    return CUDA_SUCCESS;
  });
}

/// Answers a call that looks at the progress of a stream, which has none while it is capturing.
bool AskedWhileCapturing(Call& call, const Stream& stream) {
  if (!call.driver.captures().Invalidate(stream)) return call.UnsafeInCapture();
  call.Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream is capturing");
  return true;
}

}  // namespace

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return Run(__func__, Needs::kContext, [&](Call&) {
    if (least != nullptr) *least = kLeastPriority;
    if (greatest != nullptr) *greatest = kGreatestPriority;
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return CreateStream(__func__, stream, {flags, kLeastPriority});
}

// As the driver does: a priority outside the range is clamped to it.
CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  return CreateStream(__func__, stream,
                      {flags, std::clamp(priority, kGreatestPriority, kLeastPriority)});
}

CUresult cuStreamDestroy_v2(CUstream handle) {
  const auto destroy = [&](Call& call, Stream& stream) {
    if (call.driver.captures().Forget(stream)) {
      call.Violation(CUDA_SUCCESS, "the stream was capturing");
    }
    call.driver.streams().Remove(handle);
    return call.device().fault();
  };
  return RunOnStream(__func__, handle, destroy, Needs::kContextEvenFaulty);
}

CUresult cuStreamGetPriority(CUstream handle, int* priority) {
  return RunOnStream(__func__, handle, [&](Call&, Stream& stream) {
    *priority = stream.options().priority;
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamGetFlags(CUstream handle, unsigned* flags) {
  return RunOnStream(__func__, handle, [&](Call&, Stream& stream) {
    *flags = stream.options().flags;
    return CUDA_SUCCESS;
  });
}

// Whichever context is current.
CUresult cuStreamGetCtx(CUstream handle, CUcontext* context) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    const std::shared_ptr<Stream> stream = call.driver.streams().Find(handle);
    if (stream == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live stream");
    }
    *context = stream->device().context();
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  const auto synchronize = [](Call& call, Stream& stream) {
    if (AskedWhileCapturing(call, stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    stream.Synchronize();
    call.driver.TrimPools();
    return call.device().fault();
  };
  return RunOnStream(__func__, handle, synchronize, Needs::kContextEvenFaulty);
}

CUresult cuStreamQuery(CUstream handle) {
  return RunOnStream(__func__, handle, [](Call& call, Stream& stream) {
    if (AskedWhileCapturing(call, stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    return stream.Idle() ? call.device().fault() : CUDA_ERROR_NOT_READY;
  });
}

// Waits for the event's last record before this call; an event never recorded holds nobody up. In a
// capture it becomes a dependency, for which a stream that was not capturing enters the capture.
CUresult cuStreamWaitEvent(CUstream stream_handle, CUevent event_handle, unsigned flags) {
  return RunOnStream(__func__, stream_handle, [&](Call& call, Stream& stream) {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    const auto event = call.FindEvent(event_handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    auto& captures = call.driver.captures();
    if (const auto point = event->captured()) {
      const CUresult joined = captures.Join(stream, *point);
      const bool told = joined == CUDA_SUCCESS || joined == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
      return told ? joined : call.Violation(joined, "the event belongs to another capture");
    }
    const auto milestone = event->milestone();
    if (milestone == nullptr) return CUDA_SUCCESS;
    if (captures.Invalidate(stream)) {
      return call.Violation(CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
                            "the event was recorded outside the capture");
    }
    stream.WaitFor(milestone);
    return CUDA_SUCCESS;
  });
}

// As the driver does: never called once the context has failed.
CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* user_data) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (function == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const Device& device = call.device();
    return call.Enqueue(stream, [function, user_data, &device] {
      if (device.fault() != CUDA_SUCCESS) return;
      InHostFunction() = true;
      function(user_data);
      InHostFunction() = false;
    });
  });
}
