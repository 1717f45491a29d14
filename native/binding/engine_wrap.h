#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "session/loaded_engine.h"

namespace tensorrt_node {

/// JavaScript: NativeEngine, a deserialised engine on a GPU.
class EngineWrap final : public Wrapped<EngineWrap, LoadedEngine> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

 private:
  /// [sync] -> { name, type, mode: 'input' | 'output', location: 'device' | 'host', dims }[]
  Napi::Value Tensors(const Napi::CallbackInfo& info);

  /// [sync] -> { input, min, opt, max }[][], one entry per optimisation profile
  Napi::Value Profiles(const Napi::CallbackInfo& info);

  /// [sync] -> bytes of scratch memory per execution context
  Napi::Value DeviceMemoryBytes(const Napi::CallbackInfo& info);

  /// [async] createSlot(options: NativeSlotOptions) -> NativeSlot. Rejects with ERR_TRT_INFER,
  /// ERR_GPU_MEMORY, ERR_CUDA or ERR_UNSUPPORTED.
  Napi::Value CreateSlot(const Napi::CallbackInfo& info);

  /// [async] createRuntimeCache(bytes: Uint8Array) -> NativeRuntimeCache. Rejects with
  /// ERR_UNSUPPORTED for a product without.
  Napi::Value CreateRuntimeCache(const Napi::CallbackInfo& info);

  /// [async] Frees the engine as soon as its slots are released too.
  Napi::Value ReleaseEngine(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
