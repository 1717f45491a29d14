#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "session/tensor_memory.h"

namespace tensorrt_node {

/// JavaScript: NativeMemory, memory on a device or page-locked on the host.
class MemoryWrap final : public Wrapped<MemoryWrap, TensorMemory> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

  /// [async] allocateDevice(device: number, bytes: number) -> NativeMemory.
  /// Rejects with ERR_NO_GPU, ERR_GPU_MEMORY or ERR_CUDA.
  static Napi::Value AllocateDevice(const Napi::CallbackInfo& info);

  /// [async] allocatePinned(device: number, bytes: number) -> NativeMemory. Rejects likewise.
  static Napi::Value AllocatePinned(const Napi::CallbackInfo& info);

  /// [async] trimDeviceMemory(device: number) -> undefined. Rejects likewise.
  static Napi::Value TrimDevice(const Napi::CallbackInfo& info);

 private:
  /// [sync] -> bytes
  Napi::Value Bytes(const Napi::CallbackInfo& info);

  /// [sync] -> number of the GPU
  Napi::Value DeviceOrdinal(const Napi::CallbackInfo& info);

  /// [sync] buffer() -> ArrayBuffer over page-locked memory, which lives as long as either.
  Napi::Value Buffer(const Napi::CallbackInfo& info);

  /// [async] read(bytes: number) -> ArrayBuffer with a copy. Rejects with ERR_CUDA.
  Napi::Value Read(const Napi::CallbackInfo& info);

  /// [async] write(data: TypedArray) -> undefined. Copied before the call returns.
  Napi::Value Write(const Napi::CallbackInfo& info);

  /// [async] copyTo(target: NativeMemory, bytes: number) -> undefined, also between GPUs.
  Napi::Value CopyTo(const Napi::CallbackInfo& info);

  /// [async] Frees the memory as soon as no inference uses it.
  Napi::Value ReleaseMemory(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
