#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "binding/promise_worker.h"
#include "session/loaded_engine.h"

namespace tensorrt_node {

/// One call of something that an engine does as a whole, with the conversion of what it gives.
template <typename Work, typename Convert>
struct EngineOperation {
  std::shared_ptr<LoadedEngine> engine;
  Work work;
  Convert convert;
  decltype(std::declval<Work>()(std::declval<LoadedEngine&>())) result{};

  void Run() { result = work(*engine); }
  Napi::Value Result(Napi::Env env) { return convert(env, result); }
};

/// JavaScript thread. `work` runs on the thread pool and `convert` on the JavaScript thread; both
/// own what they touch.
template <typename Work, typename Convert>
Napi::Value StartOnEngine(Napi::Env env, const char* name, std::shared_ptr<LoadedEngine> engine,
                          Work work, Convert convert) {
  using Operation = EngineOperation<Work, Convert>;
  return PromiseWorker<Operation>::Start(
      env, name, Operation{std::move(engine), std::move(work), std::move(convert), {}});
}

// What EngineWrap delegates; engine_wrap.h says what each does.
Napi::Object DescribeEngineForJs(Napi::Env env, Engine& engine);
Napi::Value StartInspect(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartSerialize(Napi::Env env, std::shared_ptr<LoadedEngine> engine, Napi::Value flags);
Napi::Value StartReadWeightStreaming(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartSetWeightStreamingBudget(Napi::Env env, std::shared_ptr<LoadedEngine> engine,
                                          Napi::Value bytes);
Napi::Value StartRefittableWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartRefit(Napi::Env env, std::shared_ptr<LoadedEngine> engine, Napi::Value request);
Napi::Value StartAreWeightsLoaded(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartLoadWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartUnloadWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine);
Napi::Value StartMemory(Napi::Env env, std::shared_ptr<LoadedEngine> engine);

}  // namespace tensorrt_node
