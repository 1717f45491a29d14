#include "session/loaded_engine.h"

#include <cstring>
#include <utility>

namespace tensorrt_node {
namespace {

class BytesSource final : public PlanSource {
 public:
  BytesSource(const void* data, size_t size)
      : data_(static_cast<const uint8_t*>(data)), size_(size) {}
  uint64_t size() const override { return size_; }
  int64_t Read(uint64_t offset, void* destination, int64_t bytes, void*) noexcept override {
    std::memcpy(destination, data_ + offset, static_cast<size_t>(bytes));
    return bytes;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace


LoadedEngine::LoadedEngine(std::shared_ptr<TensorRTLibrary> library, int device, const void* plan,
                           size_t size)
    : library_(std::move(library)), device_(Device::Open(device)) {
  const ContextScope scope(*device_);
  BytesSource source(plan, size);
  engine_ = library_->backend().Deserialize(source, {});
}

LoadedEngine::~LoadedEngine() {
  // TensorRT frees device memory in the context that is current.
  CleanUp(*device_, [this] { engine_.reset(); });
}

}  // namespace tensorrt_node
