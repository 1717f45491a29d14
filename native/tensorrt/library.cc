#include "tensorrt/library.h"

#include <dlfcn.h>

namespace tensorrt_node {
namespace {

template <typename Function>
Function Resolve(void* handle, const char* symbol) {
  auto function = reinterpret_cast<Function>(dlsym(handle, symbol));
  if (function == nullptr) {
    throw StatusError("ERR_TRT_LIBRARY_VERSION",
                      std::string("The TensorRT library has no function ") + symbol + ".");
  }
  return function;
}

StatusError NoParser() {
  return StatusError("ERR_TRT_LIBRARY_NOT_FOUND",
                     "TensorRT's ONNX parser library was not found beside the TensorRT library.")
      .WithRemedy(
          "Install the parser of the same version; `tensorrt-node doctor` lists the paths tried.");
}

}  // namespace

Library::Library(const LibraryHandles& handles)
    : version_(handles.version),
      create_builder_(
          reinterpret_cast<CreateWithLogger>(dlsym(handles.core, "createInferBuilder_INTERNAL"))),
      create_runtime_(Resolve<CreateWithLogger>(handles.core, "createInferRuntime_INTERNAL")),
      create_refitter_(reinterpret_cast<CreateRefitterFunction>(
          dlsym(handles.core, "createInferRefitter_INTERNAL"))) {
  if (handles.parser != nullptr) {
    create_parser_ = Resolve<CreateParserFunction>(handles.parser, "createNvOnnxParser_INTERNAL");
    create_parser_refitter_ =
        Resolve<CreateRefitterFunction>(handles.parser, "createNvOnnxParserRefitter_INTERNAL");
  }
}

std::unique_ptr<nvinfer1::IBuilder> Library::CreateBuilder(nvinfer1::ILogger& logger) const {
  if (create_builder_ == nullptr) {
    throw StatusError("ERR_UNSUPPORTED",
                      "The TensorRT library at hand is a lean runtime, which builds nothing.")
        .WithRemedy("Use the full library.");
  }
  return std::unique_ptr<nvinfer1::IBuilder>(
      static_cast<nvinfer1::IBuilder*>(create_builder_(&logger, NV_TENSORRT_VERSION)));
}

std::unique_ptr<nvinfer1::IRuntime> Library::CreateRuntime(nvinfer1::ILogger& logger) const {
  return std::unique_ptr<nvinfer1::IRuntime>(
      static_cast<nvinfer1::IRuntime*>(create_runtime_(&logger, NV_TENSORRT_VERSION)));
}

std::unique_ptr<nvinfer1::IRefitter> Library::CreateRefitter(nvinfer1::ICudaEngine& engine,
                                                             nvinfer1::ILogger& logger) const {
  if (create_refitter_ == nullptr) {
    throw StatusError("ERR_UNSUPPORTED", "The TensorRT library at hand cannot exchange weights.")
        .WithRemedy("Use the full library, not the lean runtime.");
  }
  return std::unique_ptr<nvinfer1::IRefitter>(
      static_cast<nvinfer1::IRefitter*>(create_refitter_(&engine, &logger, NV_TENSORRT_VERSION)));
}

std::unique_ptr<nvonnxparser::IParser> Library::CreateParser(nvinfer1::INetworkDefinition& network,
                                                             nvinfer1::ILogger& logger) const {
  if (create_parser_ == nullptr) throw NoParser();
  return std::unique_ptr<nvonnxparser::IParser>(static_cast<nvonnxparser::IParser*>(
      create_parser_(&network, &logger, NV_ONNX_PARSER_VERSION)));
}

std::unique_ptr<nvonnxparser::IParserRefitter> Library::CreateParserRefitter(
    nvinfer1::IRefitter& refitter, nvinfer1::ILogger& logger) const {
  if (create_parser_refitter_ == nullptr) throw NoParser();
  return std::unique_ptr<nvonnxparser::IParserRefitter>(static_cast<nvonnxparser::IParserRefitter*>(
      create_parser_refitter_(&refitter, &logger, NV_ONNX_PARSER_VERSION)));
}

}  // namespace tensorrt_node
