#include "tensorrt/network.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "tensorrt/build_features.h"
#include "tensorrt/enums.h"
#include "tensorrt/parser_errors.h"

namespace tensorrt_node {
namespace {

/// The model decides the type of every tensor. TensorRT 11 and TensorRT for RTX know nothing else.
constexpr uint32_t StronglyTyped() {
#ifdef TENSORRT_NODE_FAMILY_TRT10
  return 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
  return 0;
#endif
}

std::vector<char> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<char> bytes;
  if (file) {
    bytes.resize(static_cast<size_t>(file.tellg()));
    file.seekg(0);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  if (file) return bytes;
  throw StatusError("ERR_FILE", "Cannot read '" + path + "': " + std::strerror(errno) + ".")
      .WithFile(path);
}

/// Every output of a layer by its name, but for those inside of loops and branches.
std::map<std::string, nvinfer1::ITensor*> TensorsByName(
    const nvinfer1::INetworkDefinition& network) {
  std::map<std::string, nvinfer1::ITensor*> tensors;
  const auto add = [&](nvinfer1::ITensor* tensor) {
    if (tensor != nullptr) tensors.emplace(tensor->getName(), tensor);
  };
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const nvinfer1::ILayer& layer = *network.getLayer(i);
    for (int32_t output = 0; output < layer.getNbOutputs(); ++output) add(layer.getOutput(output));
  }
  return tensors;
}

/// Told by words alone: "Plugin not found", "NonZero plugin creator version 1 was not found".
bool IsPluginMissing(const std::string& message) {
  return message.find("lugin") != std::string::npos &&
         message.find("not found") != std::string::npos;
}

}  // namespace

ParsedNetwork::ParsedNetwork(const Library& library, Plugins& plugins, nvinfer1::IBuilder& builder,
                             Diagnostics& diagnostics)
    : library_(library),
      plugins_(plugins),
      diagnostics_(diagnostics),
      network_(builder.createNetworkV2(StronglyTyped())) {
  if (!network_) throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT gave no network to fill");
  parser_ = library_.CreateParser(*network_, diagnostics_.log());
  if (!parser_) throw diagnostics_.Failure("ERR_TRT_PARSE", "TensorRT gave no ONNX parser");
}

void ParsedNetwork::SetParserFlags(const Switches& flags, const nvinfer1::IBuilderConfig& config) {
  using nvonnxparser::OnnxParserFlag;
  for (const auto& [name, on] : flags) {
    const auto flag = FromName<OnnxParserFlag>(name);
    on ? parser_->setFlag(flag) : parser_->clearFlag(flag);
  }
  if (!parser_->getFlag(OnnxParserFlag::kREPORT_CAPABILITY_DLA)) return;
  Require(library_.version(), "What a DLA supports needs", kDlaCapability);
  if (parser_->setBuilderConfig(&config)) return;
  throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT's ONNX parser refused the configuration");
}

void ParsedNetwork::Parse(const std::string& model_path) {
  const std::string& no_plugins = plugins_.LoadOwn();
  constexpr auto kVerbosity = static_cast<int>(nvinfer1::ILogger::Severity::kWARNING);
  if (parser_->parseFromFile(model_path.c_str(), kVerbosity)) return;
  StatusError failure = ParseFailure(*parser_, model_path, diagnostics_);
  if (!no_plugins.empty() && IsPluginMissing(failure.what())) {
    failure.WithRemedy("Some operators need TensorRT's plugins, which are not at hand: " +
                       no_plugins);
  }
  throw failure;
}

ModelSupport ParsedNetwork::Check(const std::string& model_path) {
  Require(library_.version(), "A check of a model needs", kModelSupport);
  plugins_.LoadOwn();
  const std::vector<char> model = ReadFile(model_path);
  ModelSupport support;
  support.supported = parser_->supportsModelV2(model.data(), model.size(), model_path.c_str());
  for (int64_t i = 0; i < parser_->getNbSubgraphs(); ++i) {
    int64_t count = 0;
    const int64_t* const nodes = parser_->getSubgraphNodes(i, count);
    support.subgraphs.push_back({parser_->isSubgraphSupported(i), {nodes, nodes + count}});
  }
  support.errors = ParserErrors(*parser_);
  return support;
}

void ParsedNetwork::MarkDebugTensors(const std::vector<std::string>& names, bool unfused) {
  if (unfused) {
    Require(library_.version(), "Showing unfused tensors needs", kUnfusedDebugTensors);
    if (!network_->markUnfusedTensorsAsDebugTensors()) {
      throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT could not mark the unfused tensors");
    }
  }
  if (names.empty()) return;
  const std::map<std::string, nvinfer1::ITensor*> tensors = TensorsByName(*network_);
  for (const std::string& name : names) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      throw StatusError("ERR_TRT_BUILD", "The network has no tensor '" + name + "' to show.")
          .WithTensor(name)
          .WithRemedy("Name an output of a node outside of loops and branches.");
    }
    if (network_->markDebug(*found->second)) continue;
    throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT cannot show tensor '" + name + "'")
        .WithTensor(name);
  }
}

void ParsedNetwork::MarkRefittableWeights(const std::vector<std::string>& names) {
  if (names.empty()) return;
  Require(library_.version(), "Chosen refittable weights need", kRefittableWeights);
  for (const std::string& name : names) {
    if (network_->markWeightsRefittable(name.c_str())) continue;
    throw diagnostics_
        .Failure("ERR_TRT_BUILD", "The network has no weights '" + name + "' to exchange")
        .WithTensor(name);
  }
}

}  // namespace tensorrt_node
