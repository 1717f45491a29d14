#include "engine_inspector.h"

#include <iomanip>
#include <sstream>
#include <utility>
#include <vector>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;
using nvinfer1::LayerInformationFormat;
using nvinfer1::ProfilingVerbosity;

std::string Quoted(const std::string& text) {
  std::ostringstream quoted;
  quoted << std::quoted(text);
  return quoted.str();
}

std::string Joined(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

}  // namespace

EngineInspector::EngineInspector(std::shared_ptr<LogSink> log,
                                 std::shared_ptr<const Network> network)
    : reporter_(std::move(log), nullptr), network_(std::move(network)) {
  mImpl = this;
}

bool EngineInspector::setExecutionContext(const nvinfer1::IExecutionContext* context) noexcept {
  context_ = context;
  return true;
}

const nvinfer1::IExecutionContext* EngineInspector::getExecutionContext() const noexcept {
  return context_;
}

void EngineInspector::CheckVerbosity() const {
  if (network_->facts().verbosity != ProfilingVerbosity::kNONE) return;
  throw Failure(ErrorCode::kINVALID_STATE,
                "the engine was built with profiling verbosity none, which says nothing");
}

std::string EngineInspector::DescribeTensor(size_t tensor) const {
  Shape shape = network_->tensor_types()[tensor].shape;
  const std::string& name = network_->tensor_names()[tensor];
  const bool io = network_->FindIo(name.c_str()) >= 0;
  if (context_ != nullptr && io) shape = FromDims(context_->getTensorShape(name.c_str()));
  return "{\"Name\":" + Quoted(name) + ",\"Dimensions\":" + ToText(shape) +
         ",\"Datatype\":" + Quoted(ToText(network_->tensor_types()[tensor].type)) + "}";
}

std::string EngineInspector::DescribeLayer(size_t step, Format format) const {
  const std::string name = network_->LayerName(step);
  const bool json = format == Format::kJSON;
  if (!json) return name;
  if (network_->facts().verbosity != ProfilingVerbosity::kDETAILED) return Quoted(name);
  std::vector<std::string> inputs;
  for (const size_t operand : network_->steps()[step].operands) {
    inputs.push_back(DescribeTensor(operand));
  }
  return "{\"Name\":" + Quoted(name) + ",\"LayerType\":" + Quoted(network_->steps()[step].kind) +
         ",\"Inputs\":[" + Joined(inputs, ",") + "],\"Outputs\":[" +
         DescribeTensor(network_->input_count() + step) + "]}";
}

std::string EngineInspector::DescribeIo() const {
  std::vector<std::string> tensors;
  for (const Network::IoTensor& tensor : network_->io()) tensors.push_back(Quoted(tensor.name));
  return Joined(tensors, ",");
}

const char* EngineInspector::getLayerInformation(int32_t index, Format format) const noexcept {
  return reporter_.Run<const char*>("getLayerInformation", nullptr, [&] {
    CheckVerbosity();
    if (index < 0 || index >= static_cast<int32_t>(network_->steps().size())) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "there is no layer " + std::to_string(index));
    }
    text_ = DescribeLayer(index, format);
    return text_.c_str();
  });
}

const char* EngineInspector::getEngineInformation(Format format) const noexcept {
  return reporter_.Run<const char*>("getEngineInformation", nullptr, [&] {
    CheckVerbosity();
    const bool json = format == Format::kJSON;
    std::vector<std::string> layers;
    for (size_t step = 0; step < network_->steps().size(); ++step) {
      layers.push_back(DescribeLayer(step, format));
    }
    text_ =
        json ? "{\"Layers\":[" + Joined(layers, ",") + "],\"I/O Tensors\":[" + DescribeIo() + "]}"
             : Joined(layers, "\n");
    return text_.c_str();
  });
}

void EngineInspector::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
  reporter_.SetRecorder(recorder);
}

nvinfer1::IErrorRecorder* EngineInspector::getErrorRecorder() const noexcept {
  return reporter_.recorder();
}

}  // namespace tensorrt_node::standin
