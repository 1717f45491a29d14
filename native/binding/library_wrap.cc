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
#include "binding/convert.h"
#include "binding/engine_wrap.h"
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

  /// The plan stays where TensorRT put it: copying 100 MB here would stop the event loop for tens
  /// of milliseconds. The library is held as long, since its code frees the memory.
  Napi::Value Result(Napi::Env env) {
    struct Owner {
      std::shared_ptr<TensorRTLibrary> library;
      std::unique_ptr<HostMemory> plan;
    };
    auto* const owner = new Owner{std::move(library), std::move(plan)};
    auto* const bytes = static_cast<uint8_t*>(const_cast<void*>(owner->plan->data()));
    return Napi::Buffer<uint8_t>::NewOrCopy(
        env, bytes, owner->plan->size(),
        [](Napi::BasicEnv, uint8_t*, Owner* finished) { delete finished; }, owner);
  }
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
       InstanceMethod<&LibraryWrap::Build>("build"), InstanceMethod<&LibraryWrap::Load>("load")});
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
