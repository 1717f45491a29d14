#pragma once

#include <napi.h>

#include <memory>

namespace tensorrt_node {

/// What one environment (the main thread or a worker thread) holds of the addon. Constructors live
/// here and not in statics, because each environment has its own.
struct AddonData {
  Napi::FunctionReference library;
  Napi::FunctionReference engine;
  Napi::FunctionReference slot;
  Napi::FunctionReference memory;
  Napi::FunctionReference runtime_cache;
  Napi::FunctionReference gpu_monitor;
  Napi::FunctionReference monitor;
  Napi::FunctionReference file_lock;

  /// What the constructor that native code is calling right now shall wrap; null at any other time,
  /// so that JavaScript cannot construct such objects.
  std::shared_ptr<void> to_wrap;

  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};

}  // namespace tensorrt_node
