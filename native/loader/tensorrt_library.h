#pragma once

#include <memory>
#include <string>

#include "loader/shared_library.h"
#include "tensorrt/api.h"
#include "version.h"

namespace tensorrt_node {

/// Where the parts of a TensorRT are. The loader looks for a bare name itself.
struct LibraryPaths {
  /// libtensorrt_rtx.so.*, libnvinfer.so.*, or a lean runtime
  std::string core;
  /// The ONNX parser of the same version; empty where there is none.
  std::string parser;
  /// TensorRT's own plugins, opened when something may need them; empty where there are none.
  std::string plugins;
};

/// An opened TensorRT of either product, driven by the family library that was compiled for it.
class TensorRTLibrary {
 public:
  /// Opens the libraries, learns product and version from the plain C functions of the core, and
  /// only then loads the family library that may call its virtual methods: TensorRT accepts calls
  /// of a program built for the other product and silently runs the wrong methods.
  ///
  /// @throws StatusError ERR_TRT_LIBRARY_NOT_FOUND, ERR_TRT_LIBRARY_VERSION
  static std::shared_ptr<TensorRTLibrary> Open(const LibraryPaths& paths);

  TensorRTLibrary(const TensorRTLibrary&) = delete;
  TensorRTLibrary& operator=(const TensorRTLibrary&) = delete;

  /// "tensorrt" or "tensorrt-rtx".
  const std::string& product() const { return product_; }
  const Version& version() const { return version_; }
  /// The number by which the ONNX parser tells its version; 0 where it tells none.
  int parser_version() const;
  Backend& backend() { return *backend_; }

 private:
  TensorRTLibrary(SharedLibrary core, const LibraryPaths& paths);

  // Destroyed from the last to the first: the backend before the libraries it calls.
  SharedLibrary core_;
  std::optional<SharedLibrary> parser_;
  std::optional<SharedLibrary> family_;
  std::string product_;
  Version version_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace tensorrt_node
