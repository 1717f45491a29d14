#pragma once

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/dims.h"

namespace tensorrt_node {

/// Lets TensorRT ask an OutputAllocator for the memory of one output. Only the asynchronous method
/// is overridden, as TensorRT's headers ask: where the synchronous one still exists, it is reached
/// through the asynchronous one alone.
class OutputAllocatorAdapter final : public nvinfer1::IOutputAllocator {
 public:
  explicit OutputAllocatorAdapter(OutputAllocator& allocator) : allocator_(allocator) {}

  void* reallocateOutputAsync(const char* /*name*/, void* /*current*/, uint64_t bytes,
                              uint64_t alignment, cudaStream_t stream) override {
    return allocator_.Allocate(bytes, alignment, stream);
  }
  void notifyShape(const char* /*name*/, const nvinfer1::Dims& dims) noexcept override {
    allocator_.ShapeKnown(FromTrtDims(dims));
  }

 private:
  OutputAllocator& allocator_;
};

}  // namespace tensorrt_node
