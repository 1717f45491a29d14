#pragma once

#include <memory>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"

namespace tensorrt_node {

/// The timing cache of one build: what earlier builds measured and what this one adds.
///
/// TensorRT for RTX has none: its functions for it do nothing since 1.2, so that everything here
/// throws ERR_UNSUPPORTED.
class TimingCache {
 public:
  /// Gives `config`, which must live longer, the cache in `bytes`, or a new one where they are
  /// empty. Throws ERR_TRT_BUILD for the cache of another version or GPU.
  TimingCache(nvinfer1::IBuilderConfig& config, const std::vector<uint8_t>& bytes,
              Diagnostics& diagnostics);
  TimingCache(const TimingCache&) = delete;
  TimingCache& operator=(const TimingCache&) = delete;

  /// With what the builds of the config have added.
  std::unique_ptr<HostMemory> Serialize();

 private:
#ifndef TENSORRT_NODE_FAMILY_RTX1
  nvinfer1::IBuilderConfig& config_;
  Diagnostics& diagnostics_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
#endif
};

/// Both caches in one. Throws ERR_TRT_BUILD where they do not fit together.
std::unique_ptr<HostMemory> CombineTimingCaches(const Library& library,
                                                const std::vector<uint8_t>& first,
                                                const std::vector<uint8_t>& second);

}  // namespace tensorrt_node
