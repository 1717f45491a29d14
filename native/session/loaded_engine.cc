#include "session/loaded_engine.h"

#include <utility>

namespace tensorrt_node {

LoadedEngine::LoadedEngine(std::shared_ptr<TensorRTLibrary> library, int device, const void* plan,
                           size_t size)
    : library_(std::move(library)), device_(Device::Open(device)) {
  const ContextScope scope(*device_);
  engine_ = library_->backend().Deserialize(plan, size);
}

LoadedEngine::~LoadedEngine() {
  // TensorRT frees device memory in the context that is current.
  CleanUp(*device_, [this] { engine_.reset(); });
}

}  // namespace tensorrt_node
