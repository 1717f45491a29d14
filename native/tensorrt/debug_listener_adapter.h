#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/dims.h"
#include "tensorrt/enums.h"

namespace tensorrt_node {

/// Passes the tensors that were chosen on to a DebugListener. TensorRT shows unfused tensors all or
/// none, so the others are dropped here.
class DebugListenerAdapter final : public nvinfer1::IDebugListener {
 public:
  DebugListenerAdapter(DebugListener& listener, const std::vector<std::string>& tensors)
      : listener_(listener), tensors_(tensors.begin(), tensors.end()) {}

  bool processDebugTensor(const void* address, nvinfer1::TensorLocation location,
                          nvinfer1::DataType type, const nvinfer1::Dims& shape, const char* name,
                          cudaStream_t stream) override {
    if (tensors_.count(name) == 0) return true;
    return listener_.Receive(name, DataTypeName(type), FromTrtDims(shape), address,
                             location == nvinfer1::TensorLocation::kHOST, stream);
  }

  const std::set<std::string>& tensors() const { return tensors_; }

 private:
  DebugListener& listener_;
  const std::set<std::string> tensors_;
};

}  // namespace tensorrt_node
