#include "binding/engine_wrap.h"

#include <memory>
#include <utility>

#include "binding/addon_data.h"
#include "binding/convert.h"
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

Napi::Object FromTensor(Napi::Env env, const IoTensor& tensor) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("name", tensor.name);
  result.Set("type", tensor.type);
  result.Set("mode", tensor.is_input ? "input" : "output");
  result.Set("location", tensor.on_host ? "host" : "device");
  result.Set("dims", FromDims(env, tensor.dims));
  return result;
}

Napi::Array FromRanges(Napi::Env env, const std::vector<InputRange>& ranges) {
  Napi::Array result = Napi::Array::New(env, ranges.size());
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    Napi::Object range = Napi::Object::New(env);
    range.Set("input", ranges[i].input);
    range.Set("min", FromDims(env, ranges[i].min));
    range.Set("opt", FromDims(env, ranges[i].opt));
    range.Set("max", FromDims(env, ranges[i].max));
    result.Set(i, range);
  }
  return result;
}

}  // namespace

Napi::Function EngineWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeEngine",
                     {InstanceAccessor<&EngineWrap::Tensors>("tensors"),
                      InstanceAccessor<&EngineWrap::Profiles>("profiles"),
                      InstanceAccessor<&EngineWrap::DeviceMemoryBytes>("deviceMemoryBytes"),
                      InstanceMethod<&EngineWrap::CreateSlot>("createSlot"),
                      InstanceMethod<&EngineWrap::CreateRuntimeCache>("createRuntimeCache"),
                      InstanceMethod<&EngineWrap::ReleaseEngine>("release")});
}

Napi::Value EngineWrap::Tensors(const Napi::CallbackInfo& info) {
  const auto& tensors = Alive(info.Env())->engine().tensors();
  Napi::Array result = Napi::Array::New(info.Env(), tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) result.Set(i, FromTensor(info.Env(), tensors[i]));
  return result;
}

Napi::Value EngineWrap::Profiles(const Napi::CallbackInfo& info) {
  const auto& profiles = Alive(info.Env())->engine().profiles();
  Napi::Array result = Napi::Array::New(info.Env(), profiles.size());
  for (uint32_t i = 0; i < profiles.size(); ++i) {
    result.Set(i, FromRanges(info.Env(), profiles[i].shapes));
  }
  return result;
}

Napi::Value EngineWrap::DeviceMemoryBytes(const Napi::CallbackInfo& info) {
  const uint64_t bytes = Alive(info.Env())->engine().facts().scratch_bytes.at(0);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
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

Napi::Value EngineWrap::ReleaseEngine(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<LoadedEngine>>::Start(info.Env(), "tensorrt_node.release",
                                                              {Release()});
}

}  // namespace tensorrt_node
