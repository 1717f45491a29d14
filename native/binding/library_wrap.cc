#include "binding/library_wrap.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/addon_data.h"
#include "binding/build_monitor.h"
#include "binding/convert.h"
#include "binding/host_buffer.h"
#include "binding/load_engine.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct OpenOperation {
  std::string core;
  std::string parser;
  std::shared_ptr<TensorRTLibrary> library;

  void Run() { library = TensorRTLibrary::Open(core, parser); }
  Napi::Value Result(Napi::Env env) {
    return LibraryWrap::Make(env, AddonData::Of(env).library, std::move(library));
  }
};

struct BuildOperation {
  std::shared_ptr<TensorRTLibrary> library;
  BuildRequest request;
  std::shared_ptr<BuildProgress> progress;
  std::unique_ptr<HostMemory> plan;

  void Run() { plan = library->backend().Build(request, *progress).plan; }

  Napi::Value Result(Napi::Env env) { return ToBuffer(env, std::move(library), std::move(plan)); }
};

Profile ToProfile(Napi::Value value) {
  const auto ranges = value.As<Napi::Array>();
  Profile profile;
  for (uint32_t i = 0; i < ranges.Length(); ++i) {
    const auto range = ranges.Get(i).As<Napi::Object>();
    profile.shapes.push_back({range.Get("input").As<Napi::String>(), ToDims(range.Get("min")),
                              ToDims(range.Get("opt")), ToDims(range.Get("max"))});
  }
  return profile;
}

BuildRequest ToBuildRequest(Napi::Object value) {
  BuildRequest request;
  request.model_path = value.Get("modelPath").As<Napi::String>();
  const auto profiles = value.Get("profiles").As<Napi::Array>();
  for (uint32_t i = 0; i < profiles.Length(); ++i) {
    request.profiles.push_back(ToProfile(profiles.Get(i)));
  }
  request.targets = ToStrings(value.Get("targets"));
  const Napi::Value level = value.Get("optimizationLevel");
  if (level.IsNumber()) request.optimization_level = level.As<Napi::Number>().Int32Value();
  const Napi::Value workspace = value.Get("workspaceBytes");
  if (workspace.IsNumber()) {
    request.memory_pools.emplace_back(
        "workspace", static_cast<uint64_t>(workspace.As<Napi::Number>().Int64Value()));
  }
  return request;
}

}  // namespace

Napi::Function LibraryWrap::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeLibrary",
      {InstanceAccessor<&LibraryWrap::Product>("product"),
       InstanceAccessor<&LibraryWrap::Version>("version"),
       InstanceMethod<&LibraryWrap::Build>("build"), InstanceMethod<&LibraryWrap::Load>("load"),
       InstanceMethod<&LibraryWrap::CheckEngine>("checkEngine")});
}

Napi::Value LibraryWrap::Open(const Napi::CallbackInfo& info) {
  OpenOperation operation{info[0].As<Napi::String>(), info[1].As<Napi::String>(), nullptr};
  return PromiseWorker<OpenOperation>::Start(info.Env(), "tensorrt_node.openLibrary",
                                             std::move(operation));
}

Napi::Value LibraryWrap::Product(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Alive(info.Env())->product());
}

Napi::Value LibraryWrap::Version(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Alive(info.Env())->version().ToString());
}

Napi::Value LibraryWrap::Build(const Napi::CallbackInfo& info) {
  BuildOperation operation{Alive(info.Env()), ToBuildRequest(info[0].As<Napi::Object>()),
                           BuildMonitorWrap::From(info[1]), nullptr};
  return PromiseWorker<BuildOperation>::Start(info.Env(), "tensorrt_node.build",
                                              std::move(operation));
}

Napi::Value LibraryWrap::Load(const Napi::CallbackInfo& info) {
  return StartLoad(info, Alive(info.Env()));
}

Napi::Value LibraryWrap::CheckEngine(const Napi::CallbackInfo& info) {
  return StartCheckEngine(info, Alive(info.Env()));
}

}  // namespace tensorrt_node
