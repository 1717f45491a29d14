#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "cuda/gpu_monitor.h"

namespace tensorrt_node {

/// JavaScript: NativeGpuMonitor.
class GpuMonitorWrap final : public Wrapped<GpuMonitorWrap, GpuMonitor> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

  /// [async] openGpuMonitor(device: number) -> NativeGpuMonitor. Rejects with ERR_NO_GPU or
  /// ERR_CUDA.
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  /// [sync] -> why there are no readings from NVML, or undefined
  Napi::Value Problem(const Napi::CallbackInfo& info);

  /// [async] read() -> NativeGpuReading. Rejects with ERR_CUDA.
  Napi::Value Read(const Napi::CallbackInfo& info);

  /// [async]
  Napi::Value ReleaseMonitor(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
