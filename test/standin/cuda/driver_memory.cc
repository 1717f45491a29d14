// Memory of devices and of the host.

#include <string>
#include <utility>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Allocation;
using tensorrt_node::standin::Call;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunUnsafe;
using tensorrt_node::standin::Span;

namespace {

uint64_t AddressOf(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    *free_bytes = call.device().free_bytes();
    *total_bytes = call.device().memory_bytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return RunUnsafe(__func__, Needs::kContext, [&](Call& call) {
    if (bytes == 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "0 bytes were asked for");
    *address = call.driver.AllocateDeviceMemory(call.device(), bytes);
    return *address == 0 ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
  });
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  return RunUnsafe(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    const auto allocation = call.driver.device_memory().Get(address);
    const bool live = allocation != nullptr && !allocation->free_requested();
    if (live && call.driver.FreeDeviceMemory(address)) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_VALUE, "no live allocation begins at the address");
  });
}

CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  return RunUnsafe(__func__, Needs::kContext, [&](Call& call) {
    if (bytes == 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "0 bytes were asked for");
    auto allocation = std::make_shared<Allocation>(call.device(), bytes);
    *pointer = allocation->data();
    call.driver.pinned_memory().Add(AddressOf(*pointer), std::move(allocation));
    return CUDA_SUCCESS;
  });
}

CUresult cuMemFreeHost(void* pointer) {
  return RunUnsafe(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.pinned_memory().Remove(AddressOf(pointer))) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_VALUE, "no live allocation begins at the pointer");
  });
}

// As the driver does: memory that it does not know is an invalid value, which is no breach.
CUresult cuPointerGetAttribute(void* value, CUpointer_attribute attribute, CUdeviceptr address) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    const std::optional<Span> on_device = call.driver.device_memory().Find(address, 0);
    const std::optional<Span> span =
        on_device ? on_device : call.driver.pinned_memory().Find(address, 0);
    if (!span) return CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
      case CU_POINTER_ATTRIBUTE_CONTEXT:
        *static_cast<CUcontext*>(value) = span->allocation->device().context();
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *static_cast<CUmemorytype*>(value) = on_device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        *static_cast<int*>(value) = span->allocation->device().ordinal();
        return CUDA_SUCCESS;
    }
    return call.Violation(CUDA_ERROR_INVALID_VALUE,
                          "attribute " + std::to_string(attribute) + " is not implemented");
  });
}
