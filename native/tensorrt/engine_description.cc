#include "tensorrt/engine_description.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tensorrt/dims.h"
#include "tensorrt/enums.h"
#include "tensorrt/runtime_features.h"

namespace tensorrt_node {
namespace {

using nvinfer1::ICudaEngine;
using nvinfer1::OptProfileSelector;

std::string Text(const char* text) { return text == nullptr ? "" : text; }

IoTensor DescribeTensor(const ICudaEngine& engine, const char* name, const Version& version) {
  IoTensor tensor;
  tensor.name = name;
  tensor.type = DataTypeName(engine.getTensorDataType(name));
  tensor.is_input = engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
  tensor.on_host = engine.getTensorLocation(name) == nvinfer1::TensorLocation::kHOST;
  tensor.dims = FromTrtDims(engine.getTensorShape(name));
  tensor.format = Text(engine.getTensorFormatDesc(name, 0));
  tensor.vectorized_dim = engine.getTensorVectorizedDim(name, 0);
  tensor.components_per_element = std::max(1, engine.getTensorComponentsPerElement(name, 0));
  tensor.shapes_others = tensor.is_input && engine.isShapeInferenceIO(name);
  if (!tensor.is_input && Has(version, kAliasedTensors)) {
    tensor.alias_of = Text(engine.getAliasedInputTensor(name));
  }
  return tensor;
}

InputRange ShapesOf(const ICudaEngine& engine, const std::string& input, int32_t profile) {
  const auto shape = [&](OptProfileSelector selector) {
    return FromTrtDims(engine.getProfileShape(input.c_str(), profile, selector));
  };
  return {input, shape(OptProfileSelector::kMIN), shape(OptProfileSelector::kOPT),
          shape(OptProfileSelector::kMAX)};
}

/// Adds the range of a shape tensor's values, of which there are as many as its shape holds.
void AddValuesOf(const ICudaEngine& engine, const IoTensor& tensor, int32_t profile,
                 std::vector<InputRange>& ranges) {
  int64_t count = 1;
  for (const int64_t dim : tensor.dims) count *= std::max<int64_t>(dim, 0);
  InputRange range{tensor.name, {}, {}, {}};
  const auto read = [&](OptProfileSelector selector, Dims& values) {
    const int64_t* const first =
        engine.getProfileTensorValuesV2(tensor.name.c_str(), profile, selector);
    if (first != nullptr) values.assign(first, first + count);
    return first != nullptr;
  };
  if (read(OptProfileSelector::kMIN, range.min) && read(OptProfileSelector::kOPT, range.opt) &&
      read(OptProfileSelector::kMAX, range.max)) {
    ranges.push_back(std::move(range));
  }
}

uint64_t Statistic(const ICudaEngine& engine, nvinfer1::EngineStat statistic) {
  return static_cast<uint64_t>(std::max<int64_t>(0, engine.getEngineStat(statistic)));
}

}  // namespace

std::vector<IoTensor> DescribeTensors(const ICudaEngine& engine, const Version& version) {
  std::vector<IoTensor> tensors;
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    tensors.push_back(DescribeTensor(engine, engine.getIOTensorName(i), version));
  }
  return tensors;
}

std::vector<Profile> DescribeProfiles(const ICudaEngine& engine,
                                      const std::vector<IoTensor>& tensors,
                                      const Version& version) {
  std::vector<Profile> profiles(engine.getNbOptimizationProfiles());
  for (int32_t index = 0; index < static_cast<int32_t>(profiles.size()); ++index) {
    for (const IoTensor& tensor : tensors) {
      if (!tensor.is_input) continue;
      // A shape tensor is bounded by its values; its own shape is fixed.
      if (!tensor.on_host) {
        profiles[index].shapes.push_back(ShapesOf(engine, tensor.name, index));
      } else if (Has(version, kProfileValues)) {
        AddValuesOf(engine, tensor, index, profiles[index].values);
      }
    }
  }
  return profiles;
}

EngineFacts DescribeEngine(const ICudaEngine& engine, const Version& version) {
  EngineFacts facts;
  facts.name = Text(engine.getName());
  facts.layers = engine.getNbLayers();
  facts.aux_streams = engine.getNbAuxStreams();
  facts.capability = NameOf(engine.getEngineCapability());
  facts.hardware_compatibility = NameOf(engine.getHardwareCompatibilityLevel());
  facts.profiling_verbosity = NameOf(engine.getProfilingVerbosity());
  facts.refittable = engine.isRefittable();
  if (Has(version, kEngineStatistics)) {
    facts.weights_bytes = Statistic(engine, nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE);
    facts.stripped_weights_bytes = Statistic(engine, nvinfer1::EngineStat::kSTRIPPED_WEIGHTS_SIZE);
  }
  facts.scratch_bytes = DescribeScratch(engine);
  return facts;
}

std::vector<std::string> FindDebugTensors(const ICudaEngine& engine,
                                          const std::string& inspection) {
  static constexpr std::string_view kKey = "\"Name\"";
  std::set<std::string> asked;
  std::vector<std::string> found;
  for (size_t at = inspection.find(kKey); at != std::string::npos; at = inspection.find(kKey, at)) {
    const size_t begin = inspection.find('"', at + kKey.size());
    const size_t end = begin == std::string::npos ? begin : inspection.find('"', begin + 1);
    if (end == std::string::npos) break;
    const std::string name = inspection.substr(begin + 1, end - begin - 1);
    if (asked.insert(name).second && engine.isDebugTensor(name.c_str())) found.push_back(name);
    at = end;
  }
  return found;
}

std::vector<uint64_t> DescribeScratch(const ICudaEngine& engine) {
  std::vector<uint64_t> bytes;
  for (int32_t i = 0; i < engine.getNbOptimizationProfiles(); ++i) {
    bytes.push_back(static_cast<uint64_t>(engine.getDeviceMemorySizeForProfileV2(i)));
  }
  return bytes;
}

}  // namespace tensorrt_node
