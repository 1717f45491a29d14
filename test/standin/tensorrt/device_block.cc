#include "device_block.h"

#include "cuda_driver.h"

namespace tensorrt_node::standin {

DeviceBlock::DeviceBlock(size_t bytes) : context_(CurrentContext()), bytes_(bytes) {
  CheckDriver("cuMemAlloc_v2", cuMemAlloc_v2(&address_, bytes));
}

DeviceBlock::~DeviceBlock() {
  // Where the context is gone, the driver says so and the memory stays counted as leaked.
  if (cuCtxPushCurrent_v2(context_) != CUDA_SUCCESS) return;
  cuMemFree_v2(address_);
  cuCtxPopCurrent_v2(nullptr);
}

}  // namespace tensorrt_node::standin
