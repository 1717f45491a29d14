#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "session/loaded_engine.h"

namespace tensorrt_node {

/// JavaScript: NativeEngine, a deserialised engine on a GPU.
///
/// What concerns the engine as a whole is done one at a time; lib/ sees to it that no inference is
/// in flight where that matters.
class EngineWrap final : public Wrapped<EngineWrap, LoadedEngine> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

 private:
  /// [sync] -> NativeEngineDescription. Not while a budget for weight streaming is being set.
  Napi::Value Describe(const Napi::CallbackInfo& info);

  /// [async] createSlot(options: NativeSlotOptions) -> NativeSlot. Rejects with ERR_TRT_INFER,
  /// ERR_GPU_MEMORY, ERR_CUDA or ERR_UNSUPPORTED.
  Napi::Value CreateSlot(const Napi::CallbackInfo& info);

  /// [async] createRuntimeCache(bytes: Uint8Array) -> NativeRuntimeCache. Rejects with
  /// ERR_UNSUPPORTED for a product without.
  Napi::Value CreateRuntimeCache(const Napi::CallbackInfo& info);
  /// [async] -> the inspector's JSON. Rejects with ERR_TRT_INFER.
  Napi::Value Inspect(const Napi::CallbackInfo& info);

  /// [async] serialize(flags: string[]) -> Buffer with a plan. Rejects with ERR_TRT_INFER or
  /// ERR_UNSUPPORTED.
  Napi::Value Serialize(const Napi::CallbackInfo& info);

  /// [async] -> { streamableBytes, budgetBytes, automaticBudgetBytes, scratchBytes }
  Napi::Value ReadWeightStreaming(const Napi::CallbackInfo& info);

  /// [async] setWeightStreamingBudget(bytes: number); -1 leaves it to TensorRT. Only without slots.
  /// Rejects with ERR_UNSUPPORTED, ERR_GPU_MEMORY or ERR_TRT_INFER.
  Napi::Value SetWeightStreamingBudget(const Napi::CallbackInfo& info);

  /// [async] -> string[], empty for an engine that is not refittable
  Napi::Value RefittableWeights(const Napi::CallbackInfo& info);

  /// [async] refit({ weights: { name, type, data }[], modelPath }). Uses the file where modelPath
  /// is not empty. Weights are copied before the call returns. Not while an inference is in flight.
  /// Rejects with ERR_TRT_REFIT.
  Napi::Value Refit(const Napi::CallbackInfo& info);

  /// [async] -> boolean
  Napi::Value AreWeightsLoaded(const Napi::CallbackInfo& info);

  // [async] Not while an inference is in flight. Reject with ERR_UNSUPPORTED, ERR_FILE,
  // ERR_GPU_MEMORY, ERR_TRT_INFER or ERR_CUDA.
  Napi::Value LoadWeights(const Napi::CallbackInfo& info);
  Napi::Value UnloadWeights(const Napi::CallbackInfo& info);

  /// [async] -> { freeBytes, totalBytes } of the engine's GPU. Rejects with ERR_CUDA.
  Napi::Value Memory(const Napi::CallbackInfo& info);

  /// [async] Frees the engine as soon as its slots are released too.
  Napi::Value ReleaseEngine(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
