#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "call.h"
#include "control_api.h"
#include "driver.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Driver;
using tensorrt_node::standin::InHostFunction;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Span;
using tensorrt_node::standin::Stream;

namespace {

struct Kernel {
  Kernel(CUhostFn run, CUhostFn release, void* user_data)
      : run(run), release(release), user_data(user_data) {}
  ~Kernel() {
    if (release != nullptr) release(user_data);
  }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  const CUhostFn run;
  CUhostFn release;
  void* const user_data;
};

/// The bytes that a kernel of `context` reaches; faults the context where it reaches none.
std::optional<Span> Reach(CUcontext context, CUdeviceptr address, size_t bytes) {
  Driver& driver = Driver::Instance();
  Device* device = driver.FindDevice(context);
  if (device != nullptr && device->fault() != CUDA_SUCCESS) return std::nullopt;
  std::optional<Span> span = driver.device_memory().Find(address, bytes);
  const bool reached = span && device != nullptr && device->Reaches(span->allocation->device());
  if (reached && span->Misuse() == nullptr) return span;
  driver.Violation("a kernel used " + std::to_string(bytes) +
                   (reached ? std::string(" bytes ") + span->Misuse()
                            : " bytes that are in no live allocation of its device"));
  if (device != nullptr) device->Fault(CUDA_ERROR_ILLEGAL_ADDRESS);
  return std::nullopt;
}

}  // namespace

CUresult standin_cuda_launch(CUstream handle, CUhostFn run, CUhostFn release, void* user_data) {
  return RunOnStream("cuLaunchKernel", handle, [&](Call& call, Stream& stream) {
    const auto kernel = std::make_shared<Kernel>(run, release, user_data);
    const CUresult enqueued = call.Enqueue(stream, [kernel] {
      InHostFunction() = true;
      kernel->run(kernel->user_data);
      InHostFunction() = false;
    });
    if (enqueued != CUDA_SUCCESS) kernel->release = nullptr;
    return enqueued;
  });
}

CUresult standin_cuda_refuse_capture(CUstream handle) {
  Driver& driver = Driver::Instance();
  const std::shared_ptr<Stream> stream = driver.streams().Find(handle);
  if (stream == nullptr || !driver.captures().Invalidate(*stream)) return CUDA_SUCCESS;
  return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

bool standin_cuda_memory(int ordinal, uint64_t* free_bytes, uint64_t* total_bytes) {
  const Driver& driver = Driver::Instance();
  const Device* device = driver.initialized() ? driver.FindDevice(ordinal) : nullptr;
  if (device == nullptr) return false;
  *free_bytes = device->free_bytes();
  *total_bytes = device->memory_bytes();
  return true;
}

void standin_cuda_fail(const char* function, int error, int after_calls) {
  Driver::Instance().ledger().Inject(function, error, after_calls);
}

size_t standin_cuda_live_allocations() { return Driver::Instance().device_memory().size(); }

int64_t standin_cuda_violations() { return Driver::Instance().violations(); }

CUresult standin_cuda_read(CUcontext context, void* to, CUdeviceptr from, size_t bytes) {
  const std::optional<Span> span = Reach(context, from, bytes);
  if (!span) return CUDA_ERROR_ILLEGAL_ADDRESS;
  std::memcpy(to, span->data, bytes);
  return CUDA_SUCCESS;
}

CUresult standin_cuda_write(CUcontext context, CUdeviceptr to, const void* from, size_t bytes) {
  const std::optional<Span> span = Reach(context, to, bytes);
  if (!span) return CUDA_ERROR_ILLEGAL_ADDRESS;
  std::memcpy(span->data, from, bytes);
  return CUDA_SUCCESS;
}

void standin_cuda_launch_failed(CUcontext context, const char* message) {
  Driver& driver = Driver::Instance();
  driver.Violation(message);
  if (Device* device = driver.FindDevice(context)) device->Fault(CUDA_ERROR_LAUNCH_FAILED);
}
