#include "tensorrt/plugins.h"

#include <dirent.h>
#include <dlfcn.h>

#include <cstring>
#include <utility>

#include "loader/shared_library.h"
#include "tensorrt/availability.h"
#include "tensorrt/diagnostics.h"

namespace tensorrt_node {
namespace {

using Initialize = bool (*)(void* logger, const char* plugin_namespace);

/// TensorRT's plugins need the CUDA runtime by its soname; packages ship it beside them under its
/// full version only, where the loader does not look.
void OpenCudaRuntimeBeside(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return;
  const std::string folder = path.substr(0, slash + 1);
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* const entry = readdir(entries)) {
    if (std::strncmp(entry->d_name, "libcudart.so.", 13) != 0) continue;
    dlopen((folder + entry->d_name).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  }
  closedir(entries);
}

SharedLibrary OpenPlugins(const std::string& path) {
  std::string reason;
  OpenCudaRuntimeBeside(path);
  auto library = SharedLibrary::Open(path, reason);
  if (library) return std::move(*library);
  StatusError error("ERR_TRT_LIBRARY_NOT_FOUND",
                    "The plugin library " + path + " cannot be opened: " + reason + ".");
  if (reason.find("libcuda.so") != std::string::npos) {
    error.WithRemedy("It needs NVIDIA's driver, which this machine lacks.");
  }
  throw error.WithFile(path);
}

/// How TensorRT's own plugin libraries register what they have; others are left to TensorRT.
Initialize OwnInitializer(const SharedLibrary& library) {
  for (const char* const name : {"initLibNvInferPlugins", "initLibNvTensorRTRtxPlugins"}) {
    if (const auto initialize = library.Symbol<Initialize>(name)) return initialize;
  }
  return nullptr;
}

std::string Describe(nvinfer1::IPluginCreatorInterface& creator) {
  const auto text = [](const auto& plugin) {
    std::string name = std::string(plugin.getPluginName()) + " " + plugin.getPluginVersion();
    const std::string plugin_namespace = plugin.getPluginNamespace();
    return plugin_namespace.empty() ? name : name + " (" + plugin_namespace + ")";
  };
  const std::string kind = creator.getInterfaceInfo().kind;
  if (kind == "PLUGIN CREATOR_V1") return text(static_cast<nvinfer1::IPluginCreator&>(creator));
  if (kind == "PLUGIN CREATOR_V3ONE") {
    return text(static_cast<nvinfer1::IPluginCreatorV3One&>(creator));
  }
  return "a plugin of kind " + kind;
}

}  // namespace

Plugins::Plugins(const LibraryHandles& handles)
    : get_registry_(reinterpret_cast<GetRegistry>(dlsym(handles.core, "getPluginRegistry"))),
      own_path_(handles.plugins) {}

void Plugins::Load(const std::string& path) {
  const SharedLibrary library = OpenPlugins(path);
  Diagnostics diagnostics;
  // The registry is the process's: its recorder and the order of registrations are, too.
  const std::lock_guard<std::mutex> lock(mutex_);
  nvinfer1::IPluginRegistry& plugins = registry();
  plugins.setErrorRecorder(&diagnostics.recorder());
  const Initialize initialize = OwnInitializer(library);
  const bool loaded = initialize != nullptr ? initialize(&diagnostics.log(), "")
                                            : plugins.loadLibrary(path.c_str()) != nullptr;
  plugins.setErrorRecorder(nullptr);
  if (loaded) return;
  throw diagnostics
      .Failure("ERR_TRT_LIBRARY_VERSION",
               path + " has no plugins that " + std::string(kFamilyName) + " takes")
      .WithFile(path);
}

const std::string& Plugins::LoadOwn() {
  std::call_once(own_once_, [this] {
    if (own_path_.empty()) return;
    try {
      Load(own_path_);
    } catch (const StatusError& error) {
      own_failure_ = error.what() + (error.remedy().empty() ? "" : " " + error.remedy());
    }
  });
  return own_failure_;
}

std::vector<std::string> Plugins::Names() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int32_t count = 0;
  nvinfer1::IPluginCreatorInterface* const* const creators =
      registry().getAllCreatorsRecursive(&count);
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i) names.push_back(Describe(*creators[i]));
  return names;
}

nvinfer1::IPluginRegistry& Plugins::registry() const {
  nvinfer1::IPluginRegistry* const found = get_registry_ == nullptr ? nullptr : get_registry_();
  if (found != nullptr) return *found;
  throw StatusError("ERR_UNSUPPORTED", "The TensorRT library at hand has no plugin registry.")
      .WithRemedy("Use the full library, not the lean runtime.");
}

}  // namespace tensorrt_node
