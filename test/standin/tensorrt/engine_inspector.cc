#include "engine_inspector.h"

#include <iomanip>
#include <sstream>
#include <utility>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;
using nvinfer1::LayerInformationFormat;

std::string Describe(const std::string& layer, LayerInformationFormat format) {
  std::ostringstream text;
  if (format == LayerInformationFormat::kJSON) {
    text << std::quoted(layer);
  } else {
    text << layer;
  }
  return text.str();
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

const char* EngineInspector::getLayerInformation(int32_t index, Format format) const noexcept {
  return reporter_.Run<const char*>("getLayerInformation", nullptr, [&] {
    const auto& layers = network_->layers();
    if (index < 0 || index >= static_cast<int32_t>(layers.size())) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "there is no layer " + std::to_string(index));
    }
    text_ = Describe(layers[index], format);
    return text_.c_str();
  });
}

const char* EngineInspector::getEngineInformation(Format format) const noexcept {
  return reporter_.Run<const char*>("getEngineInformation", nullptr, [&] {
    const bool json = format == Format::kJSON;
    std::string layers;
    for (const std::string& layer : network_->layers()) {
      if (!layers.empty()) layers += json ? "," : "\n";
      layers += Describe(layer, format);
    }
    text_ = json ? "{\"Layers\":[" + layers + "]}" : layers;
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
