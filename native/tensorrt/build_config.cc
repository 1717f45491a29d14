#include "tensorrt/build_config.h"

#include <map>
#include <vector>

#include "tensorrt/build_features.h"
#include "tensorrt/dims.h"
#include "tensorrt/enums.h"

namespace tensorrt_node {
namespace {

std::string Setting(const char* what, const std::string& value) {
  return std::string("the ") + what + " '" + value + "'";
}

std::string Setting(const char* what, int64_t value) {
  return std::string("the ") + what + " " + std::to_string(value);
}

}  // namespace

BuildConfig::BuildConfig(const Library& library, nvinfer1::IBuilder& builder,
                         const BuildRequest& request, Diagnostics& diagnostics)
    : library_(library),
      builder_(builder),
      request_(request),
      diagnostics_(diagnostics),
      config_(builder.createBuilderConfig()) {
  if (!config_) throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT gave no configuration");
  SetFlags();
  SetPreviewFeatures();
  SetMemoryPools();
  SetTacticSources();
  SetNumbers();
  SetKinds();
  SetDla();
  SetTiling();
  SetTargets();
  SetBuildRoutes();
  SetPlugins();
  for (const Profile& profile : request_.profiles) AddProfile(profile);
}

void BuildConfig::SetFlags() {
  // In TensorRT's order: excludeLeanRuntime is refused where versionCompatible does not come first.
  std::map<nvinfer1::BuilderFlag, bool> flags;
  for (const auto& [name, on] : request_.flags) flags[FromName<nvinfer1::BuilderFlag>(name)] = on;
  for (const auto& [flag, on] : flags) {
    on ? config_->setFlag(flag) : config_->clearFlag(flag);
    Check(config_->getFlag(flag) == on, Setting("builder flag", NameOf(flag)));
  }
}

void BuildConfig::SetPreviewFeatures() {
  for (const auto& [name, on] : request_.preview_features) {
    const auto feature = FromName<nvinfer1::PreviewFeature>(name);
    config_->setPreviewFeature(feature, on);
    Check(config_->getPreviewFeature(feature) == on, Setting("preview feature", name));
  }
}

void BuildConfig::SetMemoryPools() {
  for (const auto& [name, bytes] : request_.memory_pools) {
    const auto pool = FromName<nvinfer1::MemoryPoolType>(name);
    config_->setMemoryPoolLimit(pool, bytes);
    Check(config_->getMemoryPoolLimit(pool) == bytes,
          Setting("limit of memory pool", name) + " of " + std::to_string(bytes) + " bytes");
  }
}

void BuildConfig::SetTacticSources() {
  if (!request_.tactic_sources) return;
  nvinfer1::TacticSources sources = 0;
  for (const std::string& name : *request_.tactic_sources) {
    sources |= 1U << static_cast<uint32_t>(FromName<nvinfer1::TacticSource>(name));
  }
  Check(config_->setTacticSources(sources), "the tactic sources");
}

void BuildConfig::SetNumbers() {
  if (const auto level = request_.optimization_level) {
    config_->setBuilderOptimizationLevel(*level);
    Check(config_->getBuilderOptimizationLevel() == *level, Setting("optimization level", *level));
  }
  if (const auto tactics = request_.max_tactics) {
    Require(library_.version(), "A number of tactics needs", kMaxTactics);
    config_->setMaxNbTactics(*tactics);
    Check(config_->getMaxNbTactics() == *tactics, Setting("number of tactics", *tactics));
  }
  if (const auto iterations = request_.timing_iterations) {
    config_->setAvgTimingIterations(*iterations);
    Check(config_->getAvgTimingIterations() == *iterations,
          Setting("number of timing iterations", *iterations));
  }
  if (const auto streams = request_.max_aux_streams) {
    config_->setMaxAuxStreams(*streams);
    Check(config_->getMaxAuxStreams() == *streams,
          Setting("number of auxiliary streams", *streams));
  }
  if (const auto threads = request_.max_threads) {
    Check(builder_.setMaxThreads(*threads), Setting("number of threads", *threads));
  }
}

void BuildConfig::SetKinds() {
  if (const std::string& name = request_.hardware_compatibility; !name.empty() && name != "none") {
    Require(library_.version(), "A hardware compatibility level needs", kHardwareCompatibility);
    const auto level = FromName<nvinfer1::HardwareCompatibilityLevel>(name);
    config_->setHardwareCompatibilityLevel(level);
    Check(config_->getHardwareCompatibilityLevel() == level,
          Setting("hardware compatibility level", name));
  }
  if (const std::string& name = request_.runtime_platform; !name.empty()) {
    Require(library_.version(), "A runtime platform needs", kRuntimePlatform);
    const auto platform = FromName<nvinfer1::RuntimePlatform>(name);
    config_->setRuntimePlatform(platform);
    Check(config_->getRuntimePlatform() == platform, Setting("runtime platform", name));
  }
  if (const std::string& name = request_.profiling_verbosity; !name.empty()) {
    const auto verbosity = FromName<nvinfer1::ProfilingVerbosity>(name);
    config_->setProfilingVerbosity(verbosity);
    Check(config_->getProfilingVerbosity() == verbosity, Setting("profiling verbosity", name));
  }
  if (const std::string& name = request_.engine_capability; !name.empty()) {
    const auto capability = FromName<nvinfer1::EngineCapability>(name);
    config_->setEngineCapability(capability);
    Check(config_->getEngineCapability() == capability, Setting("engine capability", name));
  }
}

void BuildConfig::SetDla() {
  if (const std::string& name = request_.device_type; !name.empty()) {
    const auto device = FromName<nvinfer1::DeviceType>(name);
    if (device == nvinfer1::DeviceType::kDLA && builder_.getNbDLACores() == 0) {
      throw StatusError("ERR_UNSUPPORTED",
                        "A DLA needs a machine that has one, and this has none.");
    }
    config_->setDefaultDeviceType(device);
    Check(config_->getDefaultDeviceType() == device, Setting("device type", name));
  }
  if (const auto core = request_.dla_core) {
    config_->setDLACore(*core);
    Check(config_->getDLACore() == *core, Setting("DLA core", *core));
  }
}

void BuildConfig::SetTiling() {
  if (request_.tiling_optimization.empty() && !request_.l2_limit_for_tiling) return;
  Require(library_.version(), "Tiling needs", kTiling);
  if (const std::string& name = request_.tiling_optimization; !name.empty()) {
    const auto level = FromName<nvinfer1::TilingOptimizationLevel>(name);
    Check(config_->setTilingOptimizationLevel(level), Setting("tiling optimization level", name));
  }
  if (const auto bytes = request_.l2_limit_for_tiling) {
    Check(config_->setL2LimitForTiling(*bytes), Setting("limit of L2 cache for tiling", *bytes));
  }
}

void BuildConfig::SetTargets() {
  if (request_.targets.empty()) return;
  Require(library_.version(), "Targets need", kTargets);
#ifdef TENSORRT_NODE_FAMILY_RTX1
  const auto count = static_cast<int32_t>(request_.targets.size());
  Check(config_->setNbComputeCapabilities(count), Setting("number of targets", count));
  int32_t index = 0;
  for (const std::string& name : request_.targets) {
    const auto target = FromName<nvinfer1::ComputeCapability>(name);
    Check(config_->setComputeCapability(target, index++), Setting("target", name));
  }
#endif
}

void BuildConfig::SetBuildRoutes() {
  if (request_.build_routes.empty()) return;
  Require(library_.version(), "Build routes need", kBuildRoutes);
#ifndef TENSORRT_NODE_FAMILY_TRT10
  std::string route;
  for (const auto& [name, value] : request_.build_routes) {
    route += (route.empty() ? "" : " ") + name + "=" + value;
  }
  if (config_->setBuildRoute(route.c_str())) return;
  const char* const offered = config_->getAllBuildRoutes();
  const bool none = offered == nullptr || *offered == '\0';
  throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT refused " + Setting("build route", route))
      .WithRemedy(none ? "This library offers none."
                       : "This library offers " + std::string(offered));
#endif
}

void BuildConfig::SetPlugins() {
  if (request_.plugins_to_serialize.empty()) return;
  std::vector<const char*> paths;
  for (const std::string& path : request_.plugins_to_serialize) paths.push_back(path.c_str());
  const auto count = static_cast<int32_t>(paths.size());
  config_->setPluginsToSerialize(paths.data(), count);
  Check(config_->getNbPluginsToSerialize() == count, "the plugins to serialize");
}

void BuildConfig::AddProfile(const Profile& profile) {
  using nvinfer1::OptProfileSelector;
  // The builder owns the profile.
  nvinfer1::IOptimizationProfile& target = *builder_.createOptimizationProfile();
  const auto check = [&](bool accepted, const InputRange& range, const char* what) {
    if (accepted) return;
    throw diagnostics_
        .Failure("ERR_TRT_BUILD", std::string("TensorRT refused the ") + what + " of input '" +
                                      range.input + "' (min " + DimsText(range.min) + ", opt " +
                                      DimsText(range.opt) + ", max " + DimsText(range.max) + ")")
        .WithTensor(range.input);
  };
  for (const InputRange& range : profile.shapes) {
    const auto set = [&](OptProfileSelector selector, const Dims& dims) {
      return target.setDimensions(range.input.c_str(), selector, ToTrtDims(dims));
    };
    check(set(OptProfileSelector::kMIN, range.min) && set(OptProfileSelector::kOPT, range.opt) &&
              set(OptProfileSelector::kMAX, range.max),
          range, "shapes");
  }
  for (const InputRange& range : profile.values) {
    Require(library_.version(), "Values in a profile need", kShapeValues);
    const auto set = [&](OptProfileSelector selector, const Dims& values) {
      return target.setShapeValuesV2(range.input.c_str(), selector, values.data(),
                                     static_cast<int32_t>(values.size()));
    };
    check(set(OptProfileSelector::kMIN, range.min) && set(OptProfileSelector::kOPT, range.opt) &&
              set(OptProfileSelector::kMAX, range.max),
          range, "values");
  }
  Check(config_->addOptimizationProfile(&target) >= 0, "an optimisation profile");
}

void BuildConfig::Check(bool accepted, const std::string& setting) {
  if (accepted && diagnostics_.recorder().getNbErrors() == 0) return;
  throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT refused " + setting);
}

}  // namespace tensorrt_node
