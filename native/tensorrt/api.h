#pragma once

// The only door between the addon and TensorRT.
//
// TensorRT 11, TensorRT 10 and TensorRT for RTX all define namespace nvinfer1 with different
// virtual tables, so the code behind this header is compiled once per ABI family into a shared
// library of its own, and nothing here may name a type of NvInfer or of Node-API. Enumerators
// travel as their names in lib's spelling ("float32", "sm89"), because their values differ between
// versions of TensorRT.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tensorrt/build_api.h"
#include "tensorrt/runtime_api.h"
#include "version.h"

namespace tensorrt_node {

/// TensorRT itself, as one family library drives it. Safe to use from several threads.
///
/// Everything throws ERR_UNSUPPORTED, naming the version or product that is needed, for what the
/// library at hand does not have.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Parses, builds and serialises. Throws ERR_TRT_PARSE, ERR_TRT_BUILD, or kCancelled when the
  /// observer asked for it.
  virtual BuildResult Build(const BuildRequest& request, BuildObserver& observer) = 0;

  /// Asks the parser which parts of a model it takes, without building anything.
  virtual ModelSupport CheckModel(const std::string& model_path, const Switches& parser_flags) = 0;

  /// Both timing caches in one; throws ERR_TRT_BUILD where they do not fit together.
  virtual std::unique_ptr<HostMemory> CombineTimingCaches(const std::vector<uint8_t>& first,
                                                          const std::vector<uint8_t>& second) = 0;

  /// Registers the plugins in a library for the rest of the process. Throws
  /// ERR_TRT_LIBRARY_NOT_FOUND with the loader's reason where it cannot be opened.
  virtual void LoadPlugins(const std::string& library_path) = 0;

  /// Names of all registered plugins, as "name version (namespace)".
  virtual std::vector<std::string> Plugins() const = 0;

  /// Needs a current CUDA context. Throws ERR_TRT_ENGINE_INVALID.
  virtual std::unique_ptr<Engine> Deserialize(PlanSource& plan,
                                              const DeserializeOptions& options) = 0;

  /// Whether a plan can run here, from its first bytes. TensorRT for RTX only.
  virtual EngineValidity CheckEngine(const void* header, size_t size) = 0;
};

/// The libraries, opened ones as dlopen returned them. Where `parser` is null nothing can be built,
/// and nothing where `core` is a lean runtime either.
struct LibraryHandles {
  void* core = nullptr;
  void* parser = nullptr;
  /// Path of TensorRT's own plugins, which are opened when something may need them; or empty.
  std::string plugins;
  Version version;
};

/// The one symbol that a family library exports, under kCreateBackendSymbol. The caller has checked
/// that the library is of the family's product and version.
using CreateBackend = std::unique_ptr<Backend> (*)(const LibraryHandles& handles);
inline constexpr char kCreateBackendSymbol[] = "TensorrtNodeCreateBackend";

}  // namespace tensorrt_node
