#pragma once

#include <cstdint>
#include <string>

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

inline nvinfer1::Dims ToTrtDims(const Dims& dims) {
  if (dims.size() > nvinfer1::Dims::MAX_DIMS) {
    throw StatusError("ERR_FEED", "TensorRT takes at most " +
                                      std::to_string(nvinfer1::Dims::MAX_DIMS) +
                                      " dimensions, not " + std::to_string(dims.size()) + ".");
  }
  nvinfer1::Dims result{};
  result.nbDims = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) result.d[i] = dims[i];
  return result;
}

/// An unknown rank, which TensorRT tells as -1, becomes a scalar.
inline Dims FromTrtDims(const nvinfer1::Dims& dims) {
  return dims.nbDims > 0 ? Dims(dims.d, dims.d + dims.nbDims) : Dims{};
}

inline std::string DimsText(const Dims& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  return text + "]";
}

}  // namespace tensorrt_node
