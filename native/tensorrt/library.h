#pragma once

#include "NvInfer.h"
#include "NvOnnxParser.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// The factory functions of the opened libraries. TensorRT's inline helpers call these symbols by
/// name, which would need them at link time.
class Library {
 public:
  explicit Library(const LibraryHandles& handles);

  /// Throws ERR_UNSUPPORTED where the library is a lean runtime.
  std::unique_ptr<nvinfer1::IBuilder> CreateBuilder(nvinfer1::ILogger& logger) const;

  std::unique_ptr<nvinfer1::IRuntime> CreateRuntime(nvinfer1::ILogger& logger) const;

  /// Throws ERR_UNSUPPORTED where the library is a lean runtime.
  std::unique_ptr<nvinfer1::IRefitter> CreateRefitter(nvinfer1::ICudaEngine& engine,
                                                      nvinfer1::ILogger& logger) const;

  /// Throws ERR_TRT_LIBRARY_NOT_FOUND where the ONNX parser was not found.
  std::unique_ptr<nvonnxparser::IParser> CreateParser(nvinfer1::INetworkDefinition& network,
                                                      nvinfer1::ILogger& logger) const;
  std::unique_ptr<nvonnxparser::IParserRefitter> CreateParserRefitter(
      nvinfer1::IRefitter& refitter, nvinfer1::ILogger& logger) const;

  const Version& version() const { return version_; }

 private:
  using CreateWithLogger = void* (*)(void* logger, int32_t version);
  using CreateParserFunction = void* (*)(void* network, void* logger, int version);
  using CreateRefitterFunction = void* (*)(void* refitted, void* logger, int32_t version);

  Version version_;
  CreateWithLogger create_builder_;
  CreateWithLogger create_runtime_;
  CreateParserFunction create_parser_ = nullptr;
  CreateRefitterFunction create_refitter_ = nullptr;
  CreateRefitterFunction create_parser_refitter_ = nullptr;
};

}  // namespace tensorrt_node
