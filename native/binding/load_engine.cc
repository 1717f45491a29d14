#include "binding/load_engine.h"

#include <utility>
#include <vector>

#include "binding/addon_data.h"
#include "binding/convert.h"
#include "binding/engine_wrap.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

LoadRequest ToLoadRequest(Napi::Value plan, Napi::Object options) {
  LoadRequest request;
  if (plan.IsString()) {
    request.plan = plan.As<Napi::String>().Utf8Value();
  } else {
    request.plan = ToByteVector(plan);
  }
  request.device = options.Get("device").As<Napi::Number>().Int32Value();
  request.check_memory = options.Get("checkMemory").As<Napi::Boolean>();
  request.weight_streaming_budget = ToOptional<int64_t>(options.Get("weightStreamingBudget"));
  DeserializeOptions& deserialize = request.deserialize;
  deserialize.allow_host_code = options.Get("hostCode").As<Napi::Boolean>();
  deserialize.lean_runtime = options.Get("leanRuntime").As<Napi::String>();
  deserialize.dla_core = ToOptional<int>(options.Get("dlaCore"));
  deserialize.max_threads = ToOptional<int>(options.Get("maxThreads"));
  deserialize.deferred_weights = options.Get("deferredWeights").As<Napi::Boolean>();
  return request;
}

struct LoadOperation {
  std::shared_ptr<TensorRTLibrary> library;
  LoadRequest request;
  std::shared_ptr<LoadedEngine> engine;

  void Run() { engine = std::make_shared<LoadedEngine>(std::move(library), std::move(request)); }
  Napi::Value Result(Napi::Env env) {
    return EngineWrap::Make(env, AddonData::Of(env).engine, std::move(engine));
  }
};

struct CheckEngineOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::vector<uint8_t> header;
  EngineValidity validity;

  void Run() { validity = library->backend().CheckEngine(header.data(), header.size()); }
  Napi::Value Result(Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("verdict", validity.verdict);
    result.Set("diagnostics", FromStrings(env, validity.diagnostics));
    return result;
  }
};

struct MemoryInfoOperation {
  int device;
  MemoryInfo memory;

  void Run() { memory = ReadMemoryInfo(*Device::Open(device)); }
  Napi::Value Result(Napi::Env env) { return FromMemoryInfo(env, memory); }
};

}  // namespace

Napi::Value StartLoad(const Napi::CallbackInfo& info, std::shared_ptr<TensorRTLibrary> library) {
  return PromiseWorker<LoadOperation>::Start(
      info.Env(), "tensorrt_node.load",
      {std::move(library), ToLoadRequest(info[0], info[1].As<Napi::Object>()), nullptr});
}

Napi::Value StartCheckEngine(const Napi::CallbackInfo& info,
                             std::shared_ptr<TensorRTLibrary> library) {
  return PromiseWorker<CheckEngineOperation>::Start(
      info.Env(), "tensorrt_node.checkEngine", {std::move(library), ToByteVector(info[0]), {}});
}

Napi::Value StartMemoryInfo(const Napi::CallbackInfo& info) {
  return PromiseWorker<MemoryInfoOperation>::Start(info.Env(), "tensorrt_node.memoryInfo",
                                                   {info[0].As<Napi::Number>().Int32Value(), {}});
}

}  // namespace tensorrt_node
