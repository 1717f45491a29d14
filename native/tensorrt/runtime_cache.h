#pragma once

#include <memory>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"

namespace tensorrt_node {

/// Null for a product without such caches.
std::shared_ptr<RuntimeCache> MakeRuntimeCache(nvinfer1::ICudaEngine& engine,
                                               const Diagnostics& engine_diagnostics,
                                               const std::vector<uint8_t>& bytes, bool& accepted);

#if defined(TENSORRT_NODE_FAMILY_RTX1)

class TrtRuntimeCache final : public RuntimeCache {
 public:
  TrtRuntimeCache(nvinfer1::ICudaEngine& engine, const Diagnostics& engine_diagnostics);
  TrtRuntimeCache(const TrtRuntimeCache&) = delete;
  TrtRuntimeCache& operator=(const TrtRuntimeCache&) = delete;

  /// False, and nothing changes, where the bytes come from another version, GPU or driver.
  bool Restore(const std::vector<uint8_t>& bytes);
  std::unique_ptr<HostMemory> Serialize() const override;

  const nvinfer1::IRuntimeCache& get() const { return *cache_; }

 private:
  mutable Diagnostics diagnostics_;
  // Destroyed from the last to the first: the cache before the configuration that it came from.
  std::unique_ptr<nvinfer1::IRuntimeConfig> config_;
  std::unique_ptr<nvinfer1::IRuntimeCache> cache_;
};

#endif

}  // namespace tensorrt_node
