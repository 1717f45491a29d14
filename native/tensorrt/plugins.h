#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// The plugins of the process: TensorRT has one registry for all engines. Thread-safe.
class Plugins {
 public:
  explicit Plugins(const LibraryHandles& handles);
  Plugins(const Plugins&) = delete;
  Plugins& operator=(const Plugins&) = delete;

  /// Registers what is in a library, TensorRT's own or one that was written to its plugin
  /// interface. Throws ERR_TRT_LIBRARY_NOT_FOUND, ERR_TRT_LIBRARY_VERSION.
  void Load(const std::string& path);

  /// Loads TensorRT's own plugins where they are and were not loaded yet. They need a driver, and
  /// most models need no plugin, so that a failure only matters when something is missing later.
  ///
  /// @returns why they could not be loaded; empty where they could, or there are none.
  const std::string& LoadOwn();

  /// As "name version (namespace)".
  std::vector<std::string> Names() const;

 private:
  using GetRegistry = nvinfer1::IPluginRegistry* (*)();

  nvinfer1::IPluginRegistry& registry() const;

  const GetRegistry get_registry_;
  const std::string own_path_;
  mutable std::mutex mutex_;
  std::once_flag own_once_;
  std::string own_failure_;
};

}  // namespace tensorrt_node
