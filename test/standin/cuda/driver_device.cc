// Set-up, devices and contexts.

#include <cstdio>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::CurrentContexts;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::Stream;

namespace {

/// Calls `body(call, device)` for a device that exists.
template <typename Body>
CUresult RunOnDevice(const char* function, CUdevice ordinal, Body body) {
  return Run(function, Needs::kInitialized, [&](Call& call) {
    Device* device = call.driver.FindDevice(ordinal);
    return device == nullptr ? CUDA_ERROR_INVALID_DEVICE : body(call, *device);
  });
}

/// The device of a context that may become current.
CUresult FindContext(Call& call, CUcontext context, Device** device) {
  *device = call.driver.FindDevice(context);
  if (*device == nullptr) {
    return call.Violation(CUDA_ERROR_INVALID_CONTEXT, "the handle is no context");
  }
  if ((*device)->references() == 0) {
    return call.Violation(CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context was released");
  }
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuInit(unsigned flags) {
  return Run(__func__, Needs::kNothing, [&](Call& call) {
    return flags == 0 ? call.driver.Initialize() : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuDriverGetVersion(int* version) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    *version = call.driver.settings().driver_version;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    *count = call.driver.device_count();
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return RunOnDevice(__func__, ordinal, [&](Call&, Device&) {
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetName(char* name, int capacity, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    std::snprintf(name, capacity, "stand-in GPU %d", found.ordinal());
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call& call, Device& found) {
    switch (attribute) {
      case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
        *value = 1;
        return CUDA_SUCCESS;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
        *value = found.compute_capability().first;
        return CUDA_SUCCESS;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
        *value = found.compute_capability().second;
        return CUDA_SUCCESS;
    }
    return call.Violation(CUDA_ERROR_INVALID_VALUE,
                          "attribute " + std::to_string(attribute) + " is not implemented");
  });
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    *bytes = found.memory_bytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    found.Retain();
    *context = found.context();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call& call, Device& found) {
    if (found.Release()) return CUDA_SUCCESS;
    return call.Violation(CUDA_ERROR_INVALID_CONTEXT, "the context was not retained");
  });
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    Device* device = nullptr;
    const CUresult found = FindContext(call, context, &device);
    if (found == CUDA_SUCCESS) CurrentContexts().push_back(device);
    return found;
  });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    if (CurrentContexts().empty()) {
      return call.Violation(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
    }
    Device* popped = CurrentContexts().back();
    CurrentContexts().pop_back();
    if (context != nullptr) *context = popped == nullptr ? nullptr : popped->context();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    Device* device = nullptr;
    if (context != nullptr) {
      const CUresult found = FindContext(call, context, &device);
      if (found != CUDA_SUCCESS) return found;
    }
    if (CurrentContexts().empty()) CurrentContexts().push_back(nullptr);
    CurrentContexts().back() = device;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  return Run(__func__, Needs::kInitialized, [&](Call&) {
    Device* device = CurrentContexts().empty() ? nullptr : CurrentContexts().back();
    *context = device == nullptr ? nullptr : device->context();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSynchronize() {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    call.driver.streams().ForEach([&](const Stream& stream) {
      if (&stream.device() == &call.device()) stream.Synchronize();
    });
    return call.device().fault();
  });
}
