#include "tensorrt/runtime_cache.h"

#include "tensorrt/host_memory.h"

namespace tensorrt_node {

#if defined(TENSORRT_NODE_FAMILY_RTX1)

std::shared_ptr<RuntimeCache> MakeRuntimeCache(nvinfer1::ICudaEngine& engine,
                                               const Diagnostics& engine_diagnostics,
                                               const std::vector<uint8_t>& bytes, bool& accepted) {
  auto cache = std::make_shared<TrtRuntimeCache>(engine, engine_diagnostics);
  accepted = !bytes.empty() && cache->Restore(bytes);
  return cache;
}

TrtRuntimeCache::TrtRuntimeCache(nvinfer1::ICudaEngine& engine,
                                 const Diagnostics& engine_diagnostics)
    : diagnostics_(engine_diagnostics.shared_log()), config_(engine.createRuntimeConfig()) {
  if (config_) cache_.reset(config_->createRuntimeCache());
  if (!cache_) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not create a runtime cache");
  }
}

bool TrtRuntimeCache::Restore(const std::vector<uint8_t>& bytes) {
  return cache_->deserialize(bytes.data(), bytes.size());
}

std::unique_ptr<HostMemory> TrtRuntimeCache::Serialize() const {
  std::unique_ptr<nvinfer1::IHostMemory> memory(cache_->serialize());
  if (!memory) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not serialise the runtime cache");
  }
  return std::make_unique<TrtHostMemory>(std::move(memory));
}

#else

std::shared_ptr<RuntimeCache> MakeRuntimeCache(nvinfer1::ICudaEngine&, const Diagnostics&,
                                               const std::vector<uint8_t>&, bool&) {
  return nullptr;
}

#endif

}  // namespace tensorrt_node
