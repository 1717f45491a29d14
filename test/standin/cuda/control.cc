#include <cstring>
#include <optional>
#include <string>

#include "control_api.h"
#include "driver.h"

using tensorrt_node::standin::Device;
using tensorrt_node::standin::Driver;
using tensorrt_node::standin::Span;

namespace {

/// The bytes that a kernel of `context` reaches; faults the context where it reaches none.
std::optional<Span> Reach(CUcontext context, CUdeviceptr address, size_t bytes) {
  Driver& driver = Driver::Instance();
  Device* device = driver.FindDevice(context);
  std::optional<Span> span = driver.device_memory().Find(address, bytes);
  if (span && device != nullptr && &span->allocation->device() == device) return span;
  driver.Violation("a kernel used " + std::to_string(bytes) +
                   " bytes that are in no live allocation of its device");
  if (device != nullptr) device->Fault(CUDA_ERROR_ILLEGAL_ADDRESS);
  return std::nullopt;
}

}  // namespace

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
