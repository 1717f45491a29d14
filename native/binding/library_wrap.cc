#include "binding/library_wrap.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/addon_data.h"
#include "binding/build_monitor.h"
#include "binding/build_request.h"
#include "binding/convert.h"
#include "binding/engine_wrap.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct OpenOperation {
  LibraryPaths paths;
  std::shared_ptr<TensorRTLibrary> library;

  void Run() { library = TensorRTLibrary::Open(paths); }
  Napi::Value Result(Napi::Env env) {
    return LibraryWrap::Make(env, AddonData::Of(env).library, std::move(library));
  }
};

/// Bytes stay where TensorRT put them: copying 100 MB here would stop the event loop for tens of
/// milliseconds. The library is held as long, since its code frees the memory.
Napi::Value ToBuffer(Napi::Env env, const std::shared_ptr<TensorRTLibrary>& library,
                     std::unique_ptr<HostMemory> memory) {
  if (!memory) return env.Undefined();
  struct Owner {
    std::shared_ptr<TensorRTLibrary> library;
    std::unique_ptr<HostMemory> memory;
  };
  auto* const owner = new Owner{library, std::move(memory)};
  auto* const bytes = static_cast<uint8_t*>(const_cast<void*>(owner->memory->data()));
  return Napi::Buffer<uint8_t>::NewOrCopy(
      env, bytes, owner->memory->size(),
      [](Napi::BasicEnv, uint8_t*, Owner* finished) { delete finished; }, owner);
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
    result.Set("plan", ToBuffer(env, library, std::move(built.plan)));
    result.Set("timingCache", ToBuffer(env, library, std::move(built.timing_cache)));
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

std::vector<uint8_t> ReadFile(const std::string& path) {
  const auto fail = [&] {
    return StatusError("ERR_FILE",
                       "The plan " + path + " cannot be read: " + std::strerror(errno) + ".")
        .WithFile(path);
  };
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw fail();
  std::vector<uint8_t> bytes(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw fail();
  return bytes;
}

struct LoadOperation {
  std::shared_ptr<TensorRTLibrary> library;
  std::variant<std::string, std::vector<uint8_t>> source;
  int device;
  std::shared_ptr<LoadedEngine> engine;

  void Run() {
    if (const auto* const path = std::get_if<std::string>(&source)) source = ReadFile(*path);
    const auto& plan = std::get<std::vector<uint8_t>>(source);
    engine = std::make_shared<LoadedEngine>(library, device, plan.data(), plan.size());
  }
  Napi::Value Result(Napi::Env env) {
    return EngineWrap::Make(env, AddonData::Of(env).engine, std::move(engine));
  }
};

}  // namespace

Napi::Function LibraryWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeLibrary",
                     {InstanceAccessor<&LibraryWrap::Product>("product"),
                      InstanceAccessor<&LibraryWrap::Version>("version"),
                      InstanceMethod<&LibraryWrap::Build>("build"),
                      InstanceMethod<&LibraryWrap::CheckModel>("checkModel"),
                      InstanceMethod<&LibraryWrap::CombineTimingCaches>("combineTimingCaches"),
                      InstanceMethod<&LibraryWrap::LoadPlugins>("loadPlugins"),
                      InstanceMethod<&LibraryWrap::Plugins>("plugins"),
                      InstanceMethod<&LibraryWrap::Load>("load")});
}

Napi::Value LibraryWrap::Open(const Napi::CallbackInfo& info) {
  const auto paths = info[0].As<Napi::Object>();
  OpenOperation operation{
      {paths.Get("core").As<Napi::String>(), paths.Get("parser").As<Napi::String>(),
       paths.Get("plugins").As<Napi::String>()},
      nullptr};
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
  LoadOperation operation{Alive(info.Env()), {}, info[1].As<Napi::Number>().Int32Value(), nullptr};
  if (info[0].IsString()) {
    operation.source = info[0].As<Napi::String>().Utf8Value();
  } else {
    const ByteView bytes = ToBytes(info[0]);
    operation.source = std::vector<uint8_t>(bytes.data, bytes.data + bytes.size);
  }
  return PromiseWorker<LoadOperation>::Start(info.Env(), "tensorrt_node.load",
                                             std::move(operation));
}

}  // namespace tensorrt_node
