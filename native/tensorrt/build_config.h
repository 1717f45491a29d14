#pragma once

#include <memory>
#include <string>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"

namespace tensorrt_node {

/// A builder's configuration, made from what was asked.
///
/// Every setting is checked: TensorRT tells of a wrong one by a boolean, by its error recorder, or
/// by leaving the setting as it was.
class BuildConfig {
 public:
  /// Throws ERR_UNSUPPORTED for what this TensorRT does not have, ERR_TRT_BUILD for what it
  /// refuses.
  BuildConfig(const Library& library, nvinfer1::IBuilder& builder, const BuildRequest& request,
              Diagnostics& diagnostics);
  BuildConfig(const BuildConfig&) = delete;
  BuildConfig& operator=(const BuildConfig&) = delete;

  nvinfer1::IBuilderConfig& config() { return *config_; }

 private:
  void SetFlags();
  void SetPreviewFeatures();
  void SetMemoryPools();
  void SetTacticSources();
  void SetNumbers();
  void SetKinds();
  void SetDla();
  void SetTiling();
  void SetTargets();
  void SetBuildRoutes();
  void SetPlugins();
  void AddProfile(const Profile& profile);

  /// Throws ERR_TRT_BUILD where TensorRT said no or reported an error.
  void Check(bool accepted, const std::string& setting);

  const Library& library_;
  nvinfer1::IBuilder& builder_;
  const BuildRequest& request_;
  Diagnostics& diagnostics_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
};

}  // namespace tensorrt_node
