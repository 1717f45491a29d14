#pragma once

#include <new>
#include <string>
#include <vector>

#include "driver.h"

namespace tensorrt_node::standin {

/// What a driver call needs before its body may run.
enum class Needs {
  kNothing,
  kInitialized,
  /// A current context without a sticky error.
  kContext,
  /// A current context. Waiting and releasing work under a sticky error too, and then return it.
  kContextEvenFaulty,
};

/// One call of the driver.
class Call {
 public:
  explicit Call(const char* function) : driver(Driver::Instance()), function_(function) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// CUDA_SUCCESS where the body may run.
  CUresult Admit(Needs needs);

  /// The device of the current context; only for calls that need one.
  Device& device() const { return *device_; }

  /// Answers a call that breaks the contract.
  CUresult Violation(CUresult error, const std::string& message);

  /// Whether a capture forbids this call, which is not safe while one is under way. It does not
  /// survive that.
  bool UnsafeInCapture();

  /// Gives the stream an operation, or the graph that is captured from it.
  CUresult Enqueue(Stream& stream, Operation operation);

  /// The stream behind a handle, which must belong to the current context; else null.
  std::shared_ptr<Stream> FindStream(CUstream handle);
  std::shared_ptr<Event> FindEvent(CUevent handle);

  Driver& driver;

 private:
  const char* function_;
  Device* device_ = nullptr;
};

/// The contexts that the calling thread has pushed; the last is current. Null stands for none.
std::vector<Device*>& CurrentContexts();

/// True while the calling thread runs a host function on a stream, where no driver call is allowed.
bool& InHostFunction();

/// What captures of others forbid to the calling thread.
CUstreamCaptureMode& CaptureModeOfThread();

template <typename Body>
CUresult Run(const char* function, Needs needs, Body body) {
  Call call(function);
  const CUresult refusal = call.Admit(needs);
  if (refusal != CUDA_SUCCESS) return refusal;
  try {
    return body(call);
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

/// Runs `body(call)` for a call that is not safe while a capture is under way.
template <typename Body>
CUresult RunUnsafe(const char* function, Needs needs, Body body) {
  return Run(function, needs, [&](Call& call) {
    return call.UnsafeInCapture() ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : body(call);
  });
}

/// Runs `body(call, stream)` for a stream of the current context.
template <typename Body>
CUresult RunOnStream(const char* function, CUstream handle, Body body,
                     Needs needs = Needs::kContext) {
  return Run(function, needs, [&](Call& call) {
    const std::shared_ptr<Stream> stream = call.FindStream(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : body(call, *stream);
  });
}

}  // namespace tensorrt_node::standin
