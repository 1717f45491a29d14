#include "tensorrt/model_support.h"

#include "tensorrt/diagnostics.h"
#include "tensorrt/network.h"

namespace tensorrt_node {

ModelSupport CheckModelSupport(const Library& library, Plugins& plugins,
                               const std::string& model_path, const Switches& parser_flags) {
  Diagnostics diagnostics;
  const std::unique_ptr<nvinfer1::IBuilder> builder = library.CreateBuilder(diagnostics.log());
  if (!builder) throw diagnostics.Failure("ERR_TRT_BUILD", "TensorRT gave no builder");
  builder->setErrorRecorder(&diagnostics.recorder());
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  if (!config) throw diagnostics.Failure("ERR_TRT_BUILD", "TensorRT gave no configuration");
  ParsedNetwork network(library, plugins, *builder, diagnostics);
  network.SetParserFlags(parser_flags, *config);
  return network.Check(model_path);
}

}  // namespace tensorrt_node
