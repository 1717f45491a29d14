#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "session/engine_runtime_cache.h"

namespace tensorrt_node {

/// JavaScript: NativeRuntimeCache, the kernels that TensorRT for RTX compiled on this machine.
class RuntimeCacheWrap final : public Wrapped<RuntimeCacheWrap, EngineRuntimeCache> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

  /// [async] createRuntimeCache(bytes: Uint8Array) -> NativeRuntimeCache. Bytes are copied.
  static Napi::Value Create(Napi::Env env, std::shared_ptr<LoadedEngine> engine, Napi::Value bytes);

 private:
  /// [sync] -> whether TensorRT took the bytes
  Napi::Value Accepted(const Napi::CallbackInfo& info);

  /// [async] serialize() -> Buffer
  Napi::Value Serialize(const Napi::CallbackInfo& info);

  /// [async]
  Napi::Value ReleaseCache(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
