#include "plugin_registry.h"

#include <cstdio>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::AsciiChar;
using nvinfer1::IErrorRecorder;
using nvinfer1::IPluginCreatorInterface;
using nvinfer1::IPluginResource;

template <typename Result>
Result Refuse(const char* method, Result failing) {
  std::fprintf(stderr, "TensorRT stand-in: %s of the plugin registry is not implemented\n", method);
  return failing;
}

class PluginRegistry final : public nvinfer1::IPluginRegistry {
 public:
  void setErrorRecorder(IErrorRecorder*) noexcept override { Refuse("setErrorRecorder", 0); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return nullptr; }
  bool isParentSearchEnabled() const override { return false; }
  void setParentSearchEnabled(bool) override { Refuse("setParentSearchEnabled", 0); }
  PluginLibraryHandle loadLibrary(const AsciiChar*) noexcept override {
    return Refuse<PluginLibraryHandle>("loadLibrary", nullptr);
  }
  void deregisterLibrary(PluginLibraryHandle) noexcept override { Refuse("deregisterLibrary", 0); }
  bool registerCreator(IPluginCreatorInterface&, const AsciiChar*) noexcept override {
    return Refuse("registerCreator", false);
  }
  IPluginCreatorInterface* const* getAllCreators(int32_t* count) const noexcept override {
    *count = 0;
    return nullptr;
  }
  IPluginCreatorInterface* getCreator(const AsciiChar*, const AsciiChar*,
                                      const AsciiChar*) noexcept override {
    return nullptr;
  }
  bool deregisterCreator(const IPluginCreatorInterface&) noexcept override {
    return Refuse("deregisterCreator", false);
  }
  IPluginResource* acquirePluginResource(const AsciiChar*, IPluginResource*) noexcept override {
    return Refuse<IPluginResource*>("acquirePluginResource", nullptr);
  }
  int32_t releasePluginResource(const AsciiChar*) noexcept override {
    return Refuse("releasePluginResource", -1);
  }
  IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* count) noexcept override {
    return getAllCreators(count);
  }
};

}  // namespace

nvinfer1::IPluginRegistry& EmptyPluginRegistry() {
  static PluginRegistry& registry = *new PluginRegistry;
  return registry;
}

}  // namespace tensorrt_node::standin
