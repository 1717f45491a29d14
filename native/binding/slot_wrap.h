#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "session/execution_slot.h"

namespace tensorrt_node {

/// JavaScript: NativeSlot, one execution context with its stream and memory.
class SlotWrap final : public Wrapped<SlotWrap, ExecutionSlot> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

 private:
  /// [async] infer(inputs: { dims: number[], data: TypedArray }[]) -> { dims, data: ArrayBuffer }[]
  /// Inputs and outputs are in the order of the engine's tensors. Inputs are copied before the call
  /// returns. One call at a time: a second one throws.
  /// Rejects with ERR_FEED, ERR_TRT_INFER or ERR_CUDA.
  Napi::Value Infer(const Napi::CallbackInfo& info);

  /// [async] Frees the context when no call is in flight.
  Napi::Value ReleaseSlot(const Napi::CallbackInfo& info);

  // Set while a job is in flight; shared with it, since this object may be collected before.
  const std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);
};

}  // namespace tensorrt_node
