#include "binding/runtime_cache_wrap.h"

#include <utility>

#include "binding/addon_data.h"
#include "binding/convert.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct CreateOperation {
  std::shared_ptr<LoadedEngine> engine;
  std::vector<uint8_t> bytes;
  std::shared_ptr<EngineRuntimeCache> cache;

  void Run() { cache = std::make_shared<EngineRuntimeCache>(std::move(engine), bytes); }
  Napi::Value Result(Napi::Env env) {
    return RuntimeCacheWrap::Make(env, AddonData::Of(env).runtime_cache, std::move(cache));
  }
};

struct SerializeOperation {
  std::shared_ptr<EngineRuntimeCache> cache;
  std::vector<uint8_t> bytes;

  void Run() { bytes = cache->Serialize(); }
  Napi::Value Result(Napi::Env env) {
    return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
  }
};

}  // namespace

Napi::Function RuntimeCacheWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeRuntimeCache",
                     {InstanceAccessor<&RuntimeCacheWrap::Accepted>("accepted"),
                      InstanceMethod<&RuntimeCacheWrap::Serialize>("serialize"),
                      InstanceMethod<&RuntimeCacheWrap::ReleaseCache>("release")});
}

Napi::Value RuntimeCacheWrap::Create(Napi::Env env, std::shared_ptr<LoadedEngine> engine,
                                     Napi::Value bytes) {
  const ByteView view = ToBytes(bytes);
  return PromiseWorker<CreateOperation>::Start(
      env, "tensorrt_node.createRuntimeCache",
      {std::move(engine), {view.data, view.data + view.size}, nullptr});
}

Napi::Value RuntimeCacheWrap::Accepted(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Alive(info.Env())->accepted());
}

Napi::Value RuntimeCacheWrap::Serialize(const Napi::CallbackInfo& info) {
  return PromiseWorker<SerializeOperation>::Start(info.Env(), "tensorrt_node.serializeRuntimeCache",
                                                  {Alive(info.Env()), {}});
}

Napi::Value RuntimeCacheWrap::ReleaseCache(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<EngineRuntimeCache>>::Start(
      info.Env(), "tensorrt_node.release", {Release()});
}

}  // namespace tensorrt_node
