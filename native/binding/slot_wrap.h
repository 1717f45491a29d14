#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "binding/wrapped.h"
#include "session/execution_slot.h"

namespace tensorrt_node {

/// JavaScript: NativeSlot, one execution context with its streams and the memory of its lanes.
class SlotWrap final : public Wrapped<SlotWrap, ExecutionSlot> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

 private:
  /// [async] infer(lane, inputs, outputs, options?) -> NativeJobResult
  ///
  /// inputs: { dims: number[], data: TypedArray | NativeMemory }[], outputs: (undefined | 'device'
  /// | 'none' | NativeMemory)[], both in the order of the engine's tensors. Typed arrays are copied
  /// before the call returns. One call at a time on each lane: a second one throws.
  /// Rejects with ERR_FEED, ERR_TRT_INFER, ERR_GPU_MEMORY or ERR_CUDA.
  Napi::Value Infer(const Napi::CallbackInfo& info);

  /// [async] Drops all captured graphs.
  Napi::Value InvalidateGraphs(const Napi::CallbackInfo& info);

  /// [async] Frees the context when no call is in flight.
  Napi::Value ReleaseSlot(const Napi::CallbackInfo& info);

  // A mark for each lane while a job is in flight; shared with it, since this object may be
  // collected before.
  const std::shared_ptr<std::vector<bool>> busy_ = std::make_shared<std::vector<bool>>();
};

}  // namespace tensorrt_node
