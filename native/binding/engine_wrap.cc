#include "binding/engine_wrap.h"

#include <memory>
#include <utility>

#include "binding/addon_data.h"
#include "binding/engine_operations.h"
#include "binding/promise_worker.h"
#include "binding/runtime_cache_wrap.h"
#include "binding/slot_options.h"
#include "binding/slot_wrap.h"

namespace tensorrt_node {
namespace {

struct CreateSlotOperation {
  std::shared_ptr<LoadedEngine> engine;
  SlotOptions options;
  std::shared_ptr<ExecutionSlot> slot;

  void Run() { slot = std::make_shared<ExecutionSlot>(engine, options); }
  Napi::Value Result(Napi::Env env) {
    return SlotWrap::Make(env, AddonData::Of(env).slot, std::move(slot));
  }
};

}  // namespace

Napi::Function EngineWrap::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeEngine",
      {InstanceMethod<&EngineWrap::Describe>("describe"),
       InstanceMethod<&EngineWrap::CreateSlot>("createSlot"),
       InstanceMethod<&EngineWrap::CreateRuntimeCache>("createRuntimeCache"),
       InstanceMethod<&EngineWrap::Inspect>("inspect"),
       InstanceMethod<&EngineWrap::Serialize>("serialize"),
       InstanceMethod<&EngineWrap::ReadWeightStreaming>("weightStreaming"),
       InstanceMethod<&EngineWrap::SetWeightStreamingBudget>("setWeightStreamingBudget"),
       InstanceMethod<&EngineWrap::RefittableWeights>("refittableWeights"),
       InstanceMethod<&EngineWrap::Refit>("refit"),
       InstanceMethod<&EngineWrap::AreWeightsLoaded>("areWeightsLoaded"),
       InstanceMethod<&EngineWrap::LoadWeights>("loadWeights"),
       InstanceMethod<&EngineWrap::UnloadWeights>("unloadWeights"),
       InstanceMethod<&EngineWrap::Memory>("memory"),
       InstanceMethod<&EngineWrap::ReleaseEngine>("release")});
}

Napi::Value EngineWrap::Describe(const Napi::CallbackInfo& info) {
  return DescribeEngineForJs(info.Env(), Alive(info.Env())->engine());
}

Napi::Value EngineWrap::CreateSlot(const Napi::CallbackInfo& info) {
  CreateSlotOperation operation{Alive(info.Env()), ToSlotOptions(info[0].As<Napi::Object>()),
                                nullptr};
  return PromiseWorker<CreateSlotOperation>::Start(info.Env(), "tensorrt_node.createSlot",
                                                   std::move(operation));
}

Napi::Value EngineWrap::CreateRuntimeCache(const Napi::CallbackInfo& info) {
  return RuntimeCacheWrap::Create(info.Env(), Alive(info.Env()), info[0]);
}

Napi::Value EngineWrap::Inspect(const Napi::CallbackInfo& info) {
  return StartInspect(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::Serialize(const Napi::CallbackInfo& info) {
  return StartSerialize(info.Env(), Alive(info.Env()), info[0]);
}

Napi::Value EngineWrap::ReadWeightStreaming(const Napi::CallbackInfo& info) {
  return StartReadWeightStreaming(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::SetWeightStreamingBudget(const Napi::CallbackInfo& info) {
  return StartSetWeightStreamingBudget(info.Env(), Alive(info.Env()), info[0]);
}

Napi::Value EngineWrap::RefittableWeights(const Napi::CallbackInfo& info) {
  return StartRefittableWeights(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::Refit(const Napi::CallbackInfo& info) {
  return StartRefit(info.Env(), Alive(info.Env()), info[0]);
}

Napi::Value EngineWrap::AreWeightsLoaded(const Napi::CallbackInfo& info) {
  return StartAreWeightsLoaded(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::LoadWeights(const Napi::CallbackInfo& info) {
  return StartLoadWeights(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::UnloadWeights(const Napi::CallbackInfo& info) {
  return StartUnloadWeights(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::Memory(const Napi::CallbackInfo& info) {
  return StartMemory(info.Env(), Alive(info.Env()));
}

Napi::Value EngineWrap::ReleaseEngine(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<LoadedEngine>>::Start(info.Env(), "tensorrt_node.release",
                                                              {Release()});
}

}  // namespace tensorrt_node
