#include "call.h"

#include <unordered_map>
#include <utility>

namespace tensorrt_node::standin {

namespace {

/// What the ledgers keep of one function.
struct Entries {
  CallLedger::Entry* failures;
  CallLedger::Entry* faults;
};

/// Remembered by each thread under the address of the name, which is a literal: the ledgers would
/// compare names under a lock, in every call.
Entries EntriesOf(const char* function, Driver& driver) {
  thread_local std::unordered_map<const char*, Entries> known;
  Entries& entries = known[function];
  if (entries.failures == nullptr) {
    entries = {&driver.ledger().Find(function), &driver.fault_ledger().Find(function)};
  }
  return entries;
}

}  // namespace

std::vector<Device*>& CurrentContexts() {
  thread_local std::vector<Device*> contexts;
  return contexts;
}

bool& InHostFunction() {
  thread_local bool inside = false;
  return inside;
}

CUstreamCaptureMode& CaptureModeOfThread() {
  thread_local CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  return mode;
}

CUresult Call::Admit(Needs needs) {
  if (InHostFunction()) {
    return Violation(CUDA_ERROR_NOT_PERMITTED, "a host function must not call the driver");
  }
  const Entries entries = EntriesOf(function_, driver);
  if (const int injected = driver.ledger().Enter(*entries.failures)) return CUresult(injected);
  if (needs == Needs::kNothing) return CUDA_SUCCESS;
  if (!driver.initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (needs == Needs::kInitialized) return CUDA_SUCCESS;

  device_ = CurrentContexts().empty() ? nullptr : CurrentContexts().back();
  if (device_ == nullptr) {
    return Violation(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
  }
  if (device_->references() == 0) {
    return Violation(CUDA_ERROR_CONTEXT_IS_DESTROYED, "the current context was released");
  }
  if (const int fault = driver.fault_ledger().Enter(*entries.faults)) {
    device_->Fault(CUresult(fault));
  }
  return needs == Needs::kContextEvenFaulty ? CUDA_SUCCESS : device_->fault();
}

CUresult Call::Violation(CUresult error, const std::string& message) {
  driver.Violation(std::string(function_) + ": " + message);
  return error;
}

bool Call::UnsafeInCapture() {
  if (!driver.captures().InvalidateByUnsafeCall(CaptureModeOfThread())) return false;
  Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not safe while a stream is capturing");
  return true;
}

CUresult Call::Enqueue(Stream& stream, Operation operation) {
  if (const auto recorded = driver.captures().Record(stream, operation)) return *recorded;
  stream.Enqueue(std::move(operation));
  return CUDA_SUCCESS;
}

std::shared_ptr<Stream> Call::FindStream(CUstream handle) {
  std::shared_ptr<Stream> stream = driver.streams().Find(handle);
  if (stream == nullptr) {
    Violation(CUDA_ERROR_INVALID_HANDLE, handle == nullptr ? "the default stream is not implemented"
                                                           : "the handle is no live stream");
  } else if (&stream->device() != device_) {
    Violation(CUDA_ERROR_INVALID_HANDLE, "the stream belongs to another context");
    return nullptr;
  }
  return stream;
}

std::shared_ptr<Event> Call::FindEvent(CUevent handle) {
  std::shared_ptr<Event> event = driver.events().Find(handle);
  if (event == nullptr) Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live event");
  return event;
}

}  // namespace tensorrt_node::standin
