// Events.

#include <chrono>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::Event;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Stream;

namespace {

/// Answers a call that looks at an event whose last record was captured: nobody passes it.
CUresult RefuseCaptured(Call& call, const Event& event) {
  const auto point = event.captured();
  if (!point) return CUDA_SUCCESS;
  call.driver.captures().Invalidate(*point);
  return call.Violation(CUDA_ERROR_CAPTURED_EVENT, "the event was last recorded in a capture");
}

/// Calls `body(call, event)` to look at the progress of an event.
template <typename Body>
CUresult RunOnEvent(const char* function, CUevent handle, Needs needs, Body body) {
  return Run(function, needs, [&](Call& call) {
    const auto event = call.FindEvent(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const CUresult refusal = RefuseCaptured(call, *event);
    if (refusal != CUDA_SUCCESS) return refusal;
    return call.UnsafeInCapture() ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : body(call, *event);
  });
}

CUresult Elapsed(const char* function, float* milliseconds, CUevent start, CUevent end) {
  return RunOnEvent(function, start, Needs::kContext, [&](Call& call, Event& first) {
    const auto last = call.FindEvent(end);
    if (last == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const CUresult refusal = RefuseCaptured(call, *last);
    if (refusal != CUDA_SUCCESS) return refusal;
    const auto from = first.milestone();
    const auto to = last->milestone();
    if (!first.timed() || !last->timed() || from == nullptr || to == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "an event was not recorded, or has no time");
    }
    if (!from->passed() || !to->passed()) return CUDA_ERROR_NOT_READY;
    *milliseconds = std::chrono::duration<float, std::milli>(to->time() - from->time()).count();
    return CUDA_SUCCESS;
  });
}

}  // namespace

CUresult cuEventCreate(CUevent* event, unsigned flags) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    if (flags > (CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const bool timed = (flags & CU_EVENT_DISABLE_TIMING) == 0;
    *event = call.driver.events().Add(std::make_shared<Event>(call.device(), timed));
    return CUDA_SUCCESS;
  });
}

CUresult cuEventDestroy_v2(CUevent event) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.FindEvent(event) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    call.driver.events().Remove(event);
    return call.device().fault();
  });
}

CUresult cuEventRecord(CUevent event_handle, CUstream stream_handle) {
  return RunOnStream(__func__, stream_handle, [&](Call& call, Stream& stream) {
    const auto event = call.FindEvent(event_handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (&event->device() != &stream.device()) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "event and stream differ in their context");
    }
    const auto& captures = call.driver.captures();
    if (captures.Status(stream) == CU_STREAM_CAPTURE_STATUS_INVALIDATED) {
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    if (const auto point = captures.Point(stream)) {
      event->Record(*point);
    } else {
      event->Record(stream);
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuEventSynchronize(CUevent handle) {
  const auto synchronize = [](Call& call, const Event& event) {
    if (const auto milestone = event.milestone()) milestone->Wait();
    call.driver.TrimPools();
    return event.device().fault();
  };
  return RunOnEvent(__func__, handle, Needs::kContextEvenFaulty, synchronize);
}

CUresult cuEventQuery(CUevent handle) {
  return RunOnEvent(__func__, handle, Needs::kContext, [](Call&, const Event& event) {
    const auto milestone = event.milestone();
    if (milestone != nullptr && !milestone->passed()) return CUDA_ERROR_NOT_READY;
    return event.device().fault();
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return Elapsed(__func__, milliseconds, start, end);
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
  return Elapsed(__func__, milliseconds, start, end);
}
