#pragma once

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// Lets TensorRT read a plan piece by piece, so that it need not be in host memory as a whole.
class PlanReader final : public nvinfer1::IStreamReaderV2 {
 public:
  explicit PlanReader(PlanSource& source) : source_(source) {}

  int64_t read(void* destination, int64_t bytes, cudaStream_t stream) noexcept override {
    const int64_t count = source_.Read(offset_, destination, bytes, stream);
    if (count > 0) offset_ += static_cast<uint64_t>(count);
    return count;
  }

  bool seek(int64_t offset, nvinfer1::SeekPosition where) noexcept override {
    const auto size = static_cast<int64_t>(source_.size());
    int64_t from = 0;
    if (where == nvinfer1::SeekPosition::kCUR) from = static_cast<int64_t>(offset_);
    if (where == nvinfer1::SeekPosition::kEND) from = size;
    const int64_t target = from + offset;
    if (target < 0 || target > size) return false;
    offset_ = static_cast<uint64_t>(target);
    return true;
  }

 private:
  PlanSource& source_;
  uint64_t offset_ = 0;
};

}  // namespace tensorrt_node
