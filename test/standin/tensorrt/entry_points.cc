// The C functions that an application looks up.

#include <NvInfer.h>
#include <NvInferRuntime.h>

#include <memory>

#include "engine.h"
#include "plugin_registry.h"
#include "reporter.h"
#include "runtime.h"
#include "version.h"

using tensorrt_node::standin::Engine;
using tensorrt_node::standin::LibraryVersion;
using tensorrt_node::standin::LogSink;
using tensorrt_node::standin::Reporter;
using tensorrt_node::standin::Runtime;

namespace {

/// Says through the application's logger why `method` returns null.
void* Refuse(const char* method, void* logger) {
  if (logger == nullptr) return nullptr;
  const Reporter reporter(std::make_shared<LogSink>(*static_cast<nvinfer1::ILogger*>(logger)),
                          nullptr);
  return reporter.NotImplemented<void*>(method, nullptr);
}

}  // namespace

void* createInferRuntime_INTERNAL(void* logger, int32_t) noexcept {
  if (logger == nullptr) return nullptr;
  auto& application_logger = *static_cast<nvinfer1::ILogger*>(logger);
  const Reporter reporter(std::make_shared<LogSink>(application_logger), nullptr);
  return reporter.Run<nvinfer1::IRuntime*>("createInferRuntime", nullptr,
                                           [&] { return new Runtime(application_logger); });
}

void* createInferBuilder_INTERNAL(void* logger, int32_t) noexcept {
  return Refuse("createInferBuilder", logger);
}

void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t) noexcept {
  if (engine == nullptr || logger == nullptr) return nullptr;
  auto& implementation = *static_cast<Engine*>(static_cast<nvinfer1::ICudaEngine*>(engine));
  return implementation.createRefitter(*static_cast<nvinfer1::ILogger*>(logger));
}

nvinfer1::IPluginRegistry* getPluginRegistry() noexcept {
  return &tensorrt_node::standin::EmptyPluginRegistry();
}

// Declared in namespace nvinfer1, unlike the others.
nvinfer1::IPluginRegistry* nvinfer1::getBuilderPluginRegistry(EngineCapability) noexcept {
  return &tensorrt_node::standin::EmptyPluginRegistry();
}

nvinfer1::ILogger* getLogger() noexcept { return nullptr; }

int32_t getInferLibVersion() noexcept {
  const auto [major, minor, patch, build] = LibraryVersion();
  return static_cast<int32_t>(NV_TENSORRT_VERSION_INT(major, minor, patch));
}

int32_t getInferLibMajorVersion() noexcept { return LibraryVersion()[0]; }
int32_t getInferLibMinorVersion() noexcept { return LibraryVersion()[1]; }
int32_t getInferLibPatchVersion() noexcept { return LibraryVersion()[2]; }
int32_t getInferLibBuildVersion() noexcept { return LibraryVersion()[3]; }
