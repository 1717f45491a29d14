#pragma once

// Enumerators of TensorRT by name, since their values differ between versions.

#include <string>

#include "NvInfer.h"

namespace tensorrt_node {

/// The spelling of lib/tensor.ts where it has the type.
std::string DataTypeName(nvinfer1::DataType type);

/// TensorRT's own name in camel case, for example "invalidArgument".
std::string ErrorCodeName(nvinfer1::ErrorCode code);

}  // namespace tensorrt_node
