// Contexts.

#include <string>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::CurrentContexts;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::Stream;

namespace {

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

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    Device* found = call.driver.FindDevice(device);
    if (found == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    found->Retain();
    *context = found->context();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    Device* found = call.driver.FindDevice(device);
    if (found == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    if (found->Release()) return CUDA_SUCCESS;
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

CUresult cuCtxGetDevice(CUdevice* device) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    *device = call.device().ordinal();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSynchronize() {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.captures().Invalidate(call.device())) {
      return call.Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                            "a stream of the context is capturing");
    }
    if (call.UnsafeInCapture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    call.driver.streams().ForEach([&](const Stream& stream) {
      if (&stream.device() == &call.device()) stream.Synchronize();
    });
    call.driver.TrimPools();
    return call.device().fault();
  });
}

CUresult cuCtxEnablePeerAccess(CUcontext context, unsigned flags) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    Device* peer = nullptr;
    const CUresult found = FindContext(call, context, &peer);
    if (found != CUDA_SUCCESS) return found;
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (peer == &call.device() || !call.driver.settings().peer_access) {
      return call.Violation(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, "the devices are no peers");
    }
    return call.device().EnablePeer(*peer) ? CUDA_SUCCESS : CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED;
  });
}

CUresult cuCtxDisablePeerAccess(CUcontext context) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    Device* peer = nullptr;
    const CUresult found = FindContext(call, context, &peer);
    if (found != CUDA_SUCCESS) return found;
    return call.device().DisablePeer(*peer) ? CUDA_SUCCESS : CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
  });
}
