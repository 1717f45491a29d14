#include "binding/library_wrap.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/addon_data.h"
#include "binding/build_monitor.h"
#include "binding/build_request.h"
#include "binding/convert.h"
#include "binding/host_buffer.h"
#include "binding/load_engine.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct OpenLibraryOperation {
  LibraryPaths paths;
  std::shared_ptr<TensorRTLibrary> library;

  void Run() { library = TensorRTLibrary::Open(paths); }
  Napi::Value Result(Napi::Env env) {
    return LibraryWrap::Make(env, AddonData::Of(env).library, std::move(library));
  }
};

Napi::Value ToOptionalBuffer(Napi::Env env, const std::shared_ptr<TensorRTLibrary>& library,
                             std::unique_ptr<HostMemory> memory) {
  return memory ? ToBuffer(env, library, std::move(memory)) : env.Undefined();
}

struct BuildOperation {
  std::shared_ptr<TensorRTLibrary> library;
  BuildRequest request;
  std::shared_ptr<BuildProgress> progress;
  BuildResult built;

  void Run() { built = library->backend().Build(request, *progress); }
  Napi::Value Result(Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("planBytes", static_cast<double>(built.plan_bytes));
    result.Set("plan", ToOptionalBuffer(env, library, std::move(built.plan)));
    result.Set("timingCache", ToOptionalBuffer(env, library, std::move(built.timing_cache)));
    return result;
  }
};

struct CheckModelOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::string model_path;
  Switches parser_flags;
  ModelSupport support;

  void Run() { support = library->backend().CheckModel(model_path, parser_flags); }
  Napi::Value Result(Napi::Env env) { return FromModelSupport(env, support); }
};

struct CombineOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::vector<uint8_t> first;
  std::vector<uint8_t> second;
  std::unique_ptr<HostMemory> combined;

  void Run() { combined = library->backend().CombineTimingCaches(first, second); }
  Napi::Value Result(Napi::Env env) { return ToBuffer(env, library, std::move(combined)); }
};

struct LoadPluginsOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::string path;

  void Run() { library->backend().LoadPlugins(path); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

struct PluginsOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::vector<std::string> names;

  void Run() { names = library->backend().Plugins(); }
  Napi::Value Result(Napi::Env env) { return FromStrings(env, names); }
};

}  // namespace

Napi::Function LibraryWrap::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeLibrary",
      {InstanceAccessor<&LibraryWrap::Product>("product"),
       InstanceAccessor<&LibraryWrap::Version>("version"),
       InstanceAccessor<&LibraryWrap::ParserVersion>("parserVersion"),
       InstanceMethod<&LibraryWrap::Build>("build"),
       InstanceMethod<&LibraryWrap::CheckModel>("checkModel"),
       InstanceMethod<&LibraryWrap::CombineTimingCaches>("combineTimingCaches"),
       InstanceMethod<&LibraryWrap::LoadPlugins>("loadPlugins"),
       InstanceMethod<&LibraryWrap::Plugins>("plugins"), InstanceMethod<&LibraryWrap::Load>("load"),
       InstanceMethod<&LibraryWrap::CheckEngine>("checkEngine")});
}

Napi::Value LibraryWrap::Open(const Napi::CallbackInfo& info) {
  const auto paths = info[0].As<Napi::Object>();
  OpenLibraryOperation operation{
      {paths.Get("core").As<Napi::String>(), paths.Get("parser").As<Napi::String>(),
       paths.Get("plugins").As<Napi::String>()},
      nullptr};
  return PromiseWorker<OpenLibraryOperation>::Start(info.Env(), "tensorrt_node.openLibrary",
                                                    std::move(operation));
}

Napi::Value LibraryWrap::Product(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Alive(info.Env())->product());
}

Napi::Value LibraryWrap::ParserVersion(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Alive(info.Env())->parser_version());
}

Napi::Value LibraryWrap::Version(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Alive(info.Env())->version().ToString());
}

Napi::Value LibraryWrap::Build(const Napi::CallbackInfo& info) {
  BuildOperation operation{
      Alive(info.Env()), ToBuildRequest(info[0]), BuildMonitorWrap::From(info[1]), {}};
  return PromiseWorker<BuildOperation>::Start(info.Env(), "tensorrt_node.build",
                                              std::move(operation));
}

Napi::Value LibraryWrap::CheckModel(const Napi::CallbackInfo& info) {
  CheckModelOperation operation{
      Alive(info.Env()), info[0].As<Napi::String>(), ToSwitches(info[1]), {}};
  return PromiseWorker<CheckModelOperation>::Start(info.Env(), "tensorrt_node.checkModel",
                                                   std::move(operation));
}

Napi::Value LibraryWrap::CombineTimingCaches(const Napi::CallbackInfo& info) {
  CombineOperation operation{Alive(info.Env()), ToByteVector(info[0]), ToByteVector(info[1]),
                             nullptr};
  return PromiseWorker<CombineOperation>::Start(info.Env(), "tensorrt_node.combineTimingCaches",
                                                std::move(operation));
}

Napi::Value LibraryWrap::LoadPlugins(const Napi::CallbackInfo& info) {
  return PromiseWorker<LoadPluginsOperation>::Start(
      info.Env(), "tensorrt_node.loadPlugins", {Alive(info.Env()), info[0].As<Napi::String>()});
}

Napi::Value LibraryWrap::Plugins(const Napi::CallbackInfo& info) {
  return PromiseWorker<PluginsOperation>::Start(info.Env(), "tensorrt_node.plugins",
                                                {Alive(info.Env()), {}});
}

Napi::Value LibraryWrap::Load(const Napi::CallbackInfo& info) {
  return StartLoad(info, Alive(info.Env()));
}

Napi::Value LibraryWrap::CheckEngine(const Napi::CallbackInfo& info) {
  return StartCheckEngine(info, Alive(info.Env()));
}

}  // namespace tensorrt_node
