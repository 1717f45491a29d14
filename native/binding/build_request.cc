#include "binding/build_request.h"

#include <string>
#include <utility>
#include <vector>

#include "binding/convert.h"
#include "binding/errors.h"

namespace tensorrt_node {
namespace {

/// The members of an object that are not undefined, each made by `convert`.
template <typename T, typename Convert>
std::vector<std::pair<std::string, T>> ToEntries(Napi::Value value, Convert convert) {
  const auto object = value.As<Napi::Object>();
  std::vector<std::pair<std::string, T>> entries;
  for (const std::string& name : ToStrings(object.GetPropertyNames())) {
    const Napi::Value entry = object.Get(name);
    if (!entry.IsUndefined()) entries.emplace_back(name, convert(entry));
  }
  return entries;
}

std::vector<InputRange> ToRanges(Napi::Value value) {
  const auto array = value.As<Napi::Array>();
  std::vector<InputRange> ranges;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto range = array.Get(i).As<Napi::Object>();
    ranges.push_back({range.Get("input").As<Napi::String>(), ToDims(range.Get("min")),
                      ToDims(range.Get("opt")), ToDims(range.Get("max"))});
  }
  return ranges;
}

std::vector<Profile> ToProfiles(Napi::Value value) {
  const auto array = value.As<Napi::Array>();
  std::vector<Profile> profiles;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto profile = array.Get(i).As<Napi::Object>();
    profiles.push_back({ToRanges(profile.Get("shapes")), ToRanges(profile.Get("values"))});
  }
  return profiles;
}

}  // namespace

Switches ToSwitches(Napi::Value value) {
  return ToEntries<bool>(value, [](Napi::Value on) { return on.As<Napi::Boolean>().Value(); });
}

BuildRequest ToBuildRequest(Napi::Value value) {
  const auto object = value.As<Napi::Object>();
  BuildRequest request;
  request.model_path = object.Get("modelPath").As<Napi::String>();
  request.plan_path = ToText(object.Get("planPath"));
  request.profiles = ToProfiles(object.Get("profiles"));
  request.targets = ToStrings(object.Get("targets"));
  request.flags = ToSwitches(object.Get("flags"));
  request.preview_features = ToSwitches(object.Get("previewFeatures"));
  request.parser_flags = ToSwitches(object.Get("parserFlags"));
  request.memory_pools = ToEntries<uint64_t>(object.Get("memoryPools"), [](Napi::Value bytes) {
    return static_cast<uint64_t>(bytes.As<Napi::Number>().Int64Value());
  });
  request.build_routes = ToEntries<std::string>(object.Get("buildRoutes"), ToText);
  if (const Napi::Value sources = object.Get("tacticSources"); !sources.IsUndefined()) {
    request.tactic_sources = ToStrings(sources);
  }
  request.optimization_level = ToOptional<int>(object.Get("optimizationLevel"));
  request.max_tactics = ToOptional<int>(object.Get("maxTactics"));
  request.timing_iterations = ToOptional<int>(object.Get("timingIterations"));
  request.max_aux_streams = ToOptional<int>(object.Get("maxAuxStreams"));
  request.max_threads = ToOptional<int>(object.Get("maxThreads"));
  request.dla_core = ToOptional<int>(object.Get("dlaCore"));
  request.l2_limit_for_tiling = ToOptional<int64_t>(object.Get("l2LimitForTiling"));
  request.hardware_compatibility = ToText(object.Get("hardwareCompatibility"));
  request.runtime_platform = ToText(object.Get("runtimePlatform"));
  request.profiling_verbosity = ToText(object.Get("profilingVerbosity"));
  request.tiling_optimization = ToText(object.Get("tilingOptimization"));
  request.engine_capability = ToText(object.Get("engineCapability"));
  request.device_type = ToText(object.Get("deviceType"));
  request.plugins_to_serialize = ToStrings(object.Get("pluginsToSerialize"));
  request.debug_tensors = ToStrings(object.Get("debugTensors"));
  request.debug_unfused_tensors = object.Get("debugUnfusedTensors").As<Napi::Boolean>();
  request.refittable_weights = ToStrings(object.Get("refittableWeights"));
  if (const Napi::Value cache = object.Get("timingCache"); !cache.IsUndefined()) {
    request.timing_cache = ToByteVector(cache);
  }
  return request;
}

Napi::Object FromModelSupport(Napi::Env env, const ModelSupport& support) {
  Napi::Array subgraphs = Napi::Array::New(env, support.subgraphs.size());
  for (uint32_t i = 0; i < support.subgraphs.size(); ++i) {
    Napi::Object subgraph = Napi::Object::New(env);
    subgraph.Set("supported", support.subgraphs[i].supported);
    subgraph.Set("nodes", FromDims(env, support.subgraphs[i].nodes));
    subgraphs.Set(i, subgraph);
  }
  Napi::Array errors = Napi::Array::New(env, support.errors.size());
  for (uint32_t i = 0; i < support.errors.size(); ++i) {
    const ParserError& error = support.errors[i];
    Napi::Object entry = FromRecordedError(env, error.error);
    entry.Set("functionStack", FromStrings(env, error.function_stack));
    errors.Set(i, entry);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("supported", support.supported);
  result.Set("subgraphs", subgraphs);
  result.Set("errors", errors);
  return result;
}

}  // namespace tensorrt_node
