#include "tensorrt/enums.h"

namespace tensorrt_node {

std::string DataTypeName(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return "float32";
    case nvinfer1::DataType::kHALF:
      return "float16";
    case nvinfer1::DataType::kINT8:
      return "int8";
    case nvinfer1::DataType::kINT32:
      return "int32";
    case nvinfer1::DataType::kBOOL:
      return "bool";
    case nvinfer1::DataType::kUINT8:
      return "uint8";
    case nvinfer1::DataType::kFP8:
      return "fp8";
    case nvinfer1::DataType::kBF16:
      return "bfloat16";
    case nvinfer1::DataType::kINT64:
      return "int64";
    case nvinfer1::DataType::kINT4:
      return "int4";
    case nvinfer1::DataType::kFP4:
      return "fp4";
    case nvinfer1::DataType::kE8M0:
      return "e8m0";
  }
  // A newer library may know more types than the headers.
  return "type" + std::to_string(static_cast<int>(type));
}

std::string ErrorCodeName(nvinfer1::ErrorCode code) {
  switch (code) {
    case nvinfer1::ErrorCode::kSUCCESS:
      return "success";
    case nvinfer1::ErrorCode::kUNSPECIFIED_ERROR:
      return "unspecifiedError";
    case nvinfer1::ErrorCode::kINTERNAL_ERROR:
      return "internalError";
    case nvinfer1::ErrorCode::kINVALID_ARGUMENT:
      return "invalidArgument";
    case nvinfer1::ErrorCode::kINVALID_CONFIG:
      return "invalidConfig";
    case nvinfer1::ErrorCode::kFAILED_ALLOCATION:
      return "failedAllocation";
    case nvinfer1::ErrorCode::kFAILED_INITIALIZATION:
      return "failedInitialization";
    case nvinfer1::ErrorCode::kFAILED_EXECUTION:
      return "failedExecution";
    case nvinfer1::ErrorCode::kFAILED_COMPUTATION:
      return "failedComputation";
    case nvinfer1::ErrorCode::kINVALID_STATE:
      return "invalidState";
    case nvinfer1::ErrorCode::kUNSUPPORTED_STATE:
      return "unsupportedState";
  }
  return "error" + std::to_string(static_cast<int>(code));
}

}  // namespace tensorrt_node
