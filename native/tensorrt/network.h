#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "NvOnnxParser.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"
#include "tensorrt/plugins.h"

namespace tensorrt_node {

/// A network and the parser that fills it from an ONNX file. The parser owns the weights that the
/// network refers to, so that both live equally long.
class ParsedNetwork {
 public:
  ParsedNetwork(const Library& library, Plugins& plugins, nvinfer1::IBuilder& builder,
                Diagnostics& diagnostics);
  ParsedNetwork(const ParsedNetwork&) = delete;
  ParsedNetwork& operator=(const ParsedNetwork&) = delete;

  /// Throws ERR_UNSUPPORTED for a flag that this TensorRT does not have.
  void SetParserFlags(const Switches& flags, const nvinfer1::IBuilderConfig& config);

  /// Throws ERR_TRT_PARSE with the node.
  void Parse(const std::string& model_path);

  /// Which parts of a model the parser takes; nothing can be built from the network then.
  ModelSupport Check(const std::string& model_path);

  /// Throws ERR_TRT_BUILD with the tensor that the network does not have.
  void MarkDebugTensors(const std::vector<std::string>& names, bool unfused);
  void MarkRefittableWeights(const std::vector<std::string>& names);

  nvinfer1::INetworkDefinition& network() { return *network_; }

 private:
  const Library& library_;
  Plugins& plugins_;
  Diagnostics& diagnostics_;
  std::unique_ptr<nvinfer1::INetworkDefinition> network_;
  std::unique_ptr<nvonnxparser::IParser> parser_;
};

}  // namespace tensorrt_node
