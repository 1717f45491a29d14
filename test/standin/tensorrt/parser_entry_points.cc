// The C functions of the ONNX parser's library. It refits from the stand-in's own files, and parses
// nothing.

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <new>

#include "onnx_refitter.h"

void* createNvOnnxParser_INTERNAL(void*, void* logger, int) noexcept {
  if (logger == nullptr) return nullptr;
  static_cast<nvinfer1::ILogger*>(logger)->log(nvinfer1::ILogger::Severity::kERROR,
                                               "stand-in: createNvOnnxParser is not implemented");
  return nullptr;
}

void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger, int32_t) noexcept {
  if (refitter == nullptr || logger == nullptr) return nullptr;
  nvonnxparser::IParserRefitter* made = new (std::nothrow)
      tensorrt_node::standin::OnnxRefitter(*static_cast<nvinfer1::IRefitter*>(refitter));
  return made;
}

int getNvOnnxParserVersion() noexcept { return NV_ONNX_PARSER_VERSION; }
