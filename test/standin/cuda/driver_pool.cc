// Memory pools and stream-ordered allocations.

#include <cstring>
#include <memory>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Allocation;
using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Driver;
using tensorrt_node::standin::MemoryPool;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Stream;

namespace {

/// Calls `body(call, pool)`.
template <typename Body>
CUresult RunOnPool(const char* function, CUmemoryPool handle, Body body) {
  return Run(function, Needs::kInitialized, [&](Call& call) {
    const std::shared_ptr<MemoryPool> pool = call.driver.pools().Find(handle);
    if (pool == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "the handle is no live memory pool");
    }
    return body(call, *pool);
  });
}

/// Allocations and frees in a capture would become nodes of the graph.
bool RefusedWhileCapturing(Call& call, const Stream& stream) {
  if (!call.driver.captures().Invalidate(stream)) return false;
  call.Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not implemented in a capture");
  return true;
}

CUresult Allocate(Call& call, Stream& stream, CUmemoryPool handle, size_t bytes,
                  CUdeviceptr* address) {
  if (RefusedWhileCapturing(call, stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (bytes == 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "0 bytes were asked for");
  std::shared_ptr<MemoryPool> pool = call.driver.pools().Find(handle);
  if (pool == nullptr || &pool->device() != &stream.device()) {
    return call.Violation(CUDA_ERROR_INVALID_VALUE,
                          "the handle is no live memory pool of the stream's device");
  }
  *address = call.driver.AllocateFromPool(pool, bytes);
  if (*address == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  stream.Enqueue(
      [allocation = call.driver.device_memory().Get(*address)] { allocation->MarkAllocated(); });
  return CUDA_SUCCESS;
}

uint64_t AttributeOf(const MemoryPool& pool, CUmemPool_attribute attribute) {
  switch (attribute) {
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
      return pool.threshold();
    case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
      return pool.reserved().current;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
      return pool.reserved().high;
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
      return pool.used().current;
    default:
      return pool.used().high;
  }
}

}  // namespace

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice ordinal) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    const Device* device = call.driver.FindDevice(ordinal);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *pool = call.driver.DefaultPool(*device);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps* properties) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    const bool plain = properties->allocType == CU_MEM_ALLOCATION_TYPE_PINNED &&
                       properties->handleTypes == 0 && properties->maxSize == 0 &&
                       properties->location.type == CU_MEM_LOCATION_TYPE_DEVICE;
    if (!plain) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE,
                            "only unlimited pools of device memory are implemented");
    }
    Device* device = call.driver.FindDevice(properties->location.id);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *pool = call.driver.CreatePool(*device);
    return CUDA_SUCCESS;
  });
}

// As the driver does: what was allocated from it stays, and with it the memory of the pool.
CUresult cuMemPoolDestroy(CUmemoryPool handle) {
  return RunOnPool(__func__, handle, [&](Call& call, const MemoryPool& pool) {
    if (handle == call.driver.DefaultPool(pool.device())) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "the pool is the device's own");
    }
    call.driver.pools().Remove(handle);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolSetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  return RunOnPool(__func__, handle, [&](Call& call, MemoryPool& pool) {
    uint64_t number = 0;
    std::memcpy(&number, value, sizeof(number));
    if (attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) {
      pool.set_threshold(number);
      return CUDA_SUCCESS;
    }
    if (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH && number == 0) {
      pool.ResetHighUsed();
      return CUDA_SUCCESS;
    }
    if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH && number == 0) {
      pool.ResetHighReserved();
      return CUDA_SUCCESS;
    }
    return call.Violation(CUDA_ERROR_INVALID_VALUE, "the attribute cannot be set to this here");
  });
}

CUresult cuMemPoolGetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  return RunOnPool(__func__, handle, [&](Call& call, const MemoryPool& pool) {
    if (attribute < CU_MEMPOOL_ATTR_RELEASE_THRESHOLD ||
        attribute > CU_MEMPOOL_ATTR_USED_MEM_HIGH) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "the attribute is not implemented");
    }
    const uint64_t number = AttributeOf(pool, attribute);
    std::memcpy(value, &number, sizeof(number));
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolTrimTo(CUmemoryPool handle, size_t bytes) {
  return RunOnPool(__func__, handle, [&](Call&, MemoryPool& pool) {
    pool.Trim(bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    return Allocate(call, stream, call.driver.DefaultPool(call.device()), bytes, address);
  });
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr* address, size_t bytes, CUmemoryPool pool,
                                 CUstream handle) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    return Allocate(call, stream, pool, bytes, address);
  });
}

// Nothing can be ordered before the free once this has returned, so no later call may name the
// memory; what was enqueued before still finds it.
CUresult cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
  const auto free = [&](Call& call, Stream& stream) {
    if (RefusedWhileCapturing(call, stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    const auto allocation = call.driver.device_memory().Get(address);
    if (allocation == nullptr || allocation->pool() == nullptr || !allocation->RequestFree()) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE,
                            "no live allocation of a memory pool begins at the address");
    }
    const CUresult fault = call.device().fault();
    stream.Enqueue([address, allocation, &device = stream.device()] {
      if (const char* misuse = allocation->Misuse()) {
        Driver::Instance().Violation(std::string("a free ran ") + misuse);
        device.Fault(CUDA_ERROR_ILLEGAL_ADDRESS);
      }
      Driver::Instance().FreeDeviceMemory(address);
    });
    return fault;
  };
  return RunOnStream(__func__, handle, free, Needs::kContextEvenFaulty);
}
