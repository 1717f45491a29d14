#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "session/loaded_engine.h"

namespace tensorrt_node {

/// A runtime cache together with the engine that made it, which must outlive it.
class EngineRuntimeCache {
 public:
  EngineRuntimeCache(std::shared_ptr<LoadedEngine> engine, const std::vector<uint8_t>& bytes)
      : engine_(std::move(engine)) {
    const ContextScope scope(*engine_->device());
    cache_ = engine_->engine().CreateRuntimeCache(bytes, accepted_);
  }
  ~EngineRuntimeCache() {
    CleanUp(*engine_->device(), [this] { cache_.reset(); });
  }
  EngineRuntimeCache(const EngineRuntimeCache&) = delete;
  EngineRuntimeCache& operator=(const EngineRuntimeCache&) = delete;

  /// Whether the bytes it was made from fit this machine.
  bool accepted() const { return accepted_; }
  const std::shared_ptr<RuntimeCache>& cache() const { return cache_; }

  std::vector<uint8_t> Serialize() const {
    const ContextScope scope(*engine_->device());
    const std::unique_ptr<HostMemory> memory = cache_->Serialize();
    const auto* const data = static_cast<const uint8_t*>(memory->data());
    return {data, data + memory->size()};
  }

 private:
  const std::shared_ptr<LoadedEngine> engine_;
  std::shared_ptr<RuntimeCache> cache_;
  bool accepted_ = false;
};

}  // namespace tensorrt_node
