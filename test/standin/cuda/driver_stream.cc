// Streams and events.

#include <chrono>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::Event;
using tensorrt_node::standin::InHostFunction;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Stream;

namespace {

bool Ready(const Event::Passing& passing) {
  return passing.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

CUresult Elapsed(const char* function, float* milliseconds, CUevent start, CUevent end) {
  return Run(function, Needs::kContext, [&](Call& call) {
    const auto first = call.FindEvent(start);
    const auto last = call.FindEvent(end);
    if (first == nullptr || last == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const Event::Passing from = first->passing();
    const Event::Passing to = last->passing();
    if (!first->timed() || !last->timed() || !from.valid() || !to.valid()) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "an event was not recorded, or has no time");
    }
    if (!Ready(from) || !Ready(to)) return CUDA_ERROR_NOT_READY;
    *milliseconds = std::chrono::duration<float, std::milli>(to.get() - from.get()).count();
    return CUDA_SUCCESS;
  });
}

/// The priority of a stream is only a hint, and every stream has its own thread here.
CUresult CreateStream(const char* function, CUstream* stream, unsigned flags) {
  return Run(function, Needs::kContext, [&](Call& call) {
    if (flags > CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
    *stream = call.driver.CreateStream(call.device());
    return CUDA_SUCCESS;
  });
}

}  // namespace

CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return CreateStream(__func__, stream, flags);
}

CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int) {
  return CreateStream(__func__, stream, flags);
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.FindStream(stream) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    call.driver.streams().Remove(stream);
    return call.device().fault();
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  const auto synchronize = [](Call& call, Stream& stream) {
    stream.Synchronize();
    return call.device().fault();
  };
  return RunOnStream(__func__, handle, synchronize, Needs::kContextEvenFaulty);
}

CUresult cuStreamQuery(CUstream handle) {
  return RunOnStream(__func__, handle, [](Call& call, Stream& stream) {
    return stream.Idle() ? call.device().fault() : CUDA_ERROR_NOT_READY;
  });
}

// Waits for the event's last record before this call; an event never recorded holds nobody up.
CUresult cuStreamWaitEvent(CUstream stream_handle, CUevent event_handle, unsigned flags) {
  return RunOnStream(__func__, stream_handle, [&](Call& call, Stream& stream) {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    const auto event = call.FindEvent(event_handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const Event::Passing passing = event->passing();
    if (passing.valid()) stream.Enqueue([passing] { passing.wait(); });
    return CUDA_SUCCESS;
  });
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* user_data) {
  return RunOnStream(__func__, handle, [&](Call&, Stream& stream) {
    if (function == nullptr) return CUDA_ERROR_INVALID_VALUE;
    stream.Enqueue([function, user_data] {
      InHostFunction() = true;
      function(user_data);
      InHostFunction() = false;
    });
    return CUDA_SUCCESS;
  });
}

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
    event->Record(stream);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventSynchronize(CUevent handle) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    const auto event = call.FindEvent(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const Event::Passing passing = event->passing();
    if (passing.valid()) passing.wait();
    return event->device().fault();
  });
}

CUresult cuEventQuery(CUevent handle) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    const auto event = call.FindEvent(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const Event::Passing passing = event->passing();
    if (passing.valid() && !Ready(passing)) return CUDA_ERROR_NOT_READY;
    return event->device().fault();
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return Elapsed(__func__, milliseconds, start, end);
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
  return Elapsed(__func__, milliseconds, start, end);
}
