#include "tensorrt/timing_cache.h"

#include <utility>

#include "tensorrt/host_memory.h"

namespace tensorrt_node {

#ifdef TENSORRT_NODE_FAMILY_RTX1

namespace {

StatusError NoTimingCache() {
  return StatusError("ERR_UNSUPPORTED",
                     "A timing cache needs TensorRT; TensorRT for RTX times nothing at build time.")
      .WithRemedy("Keep the runtime cache of an engine instead.");
}

}  // namespace

TimingCache::TimingCache(nvinfer1::IBuilderConfig&, const std::vector<uint8_t>&, Diagnostics&) {
  throw NoTimingCache();
}

std::unique_ptr<HostMemory> TimingCache::Serialize() { throw NoTimingCache(); }

std::unique_ptr<HostMemory> CombineTimingCaches(const Library&, const std::vector<uint8_t>&,
                                                const std::vector<uint8_t>&) {
  throw NoTimingCache();
}

#else

namespace {

std::unique_ptr<nvinfer1::ITimingCache> MakeCache(const nvinfer1::IBuilderConfig& config,
                                                  const std::vector<uint8_t>& bytes) {
  return std::unique_ptr<nvinfer1::ITimingCache>(
      config.createTimingCache(bytes.data(), bytes.size()));
}

StatusError Refused(Diagnostics& diagnostics) {
  return diagnostics.Failure("ERR_TRT_BUILD", "TensorRT refused the timing cache")
      .WithRemedy("Use one of this version of TensorRT and this GPU, or begin a new one.");
}

std::unique_ptr<HostMemory> ToBytes(const nvinfer1::ITimingCache& cache, Diagnostics& diagnostics) {
  std::unique_ptr<nvinfer1::IHostMemory> bytes(cache.serialize());
  if (!bytes) throw diagnostics.Failure("ERR_TRT_BUILD", "TensorRT gave no timing cache");
  return std::make_unique<TrtHostMemory>(std::move(bytes));
}

/// A cache of another GPU would choose kernels that were never timed here.
constexpr bool kIgnoreMismatch = false;

}  // namespace

TimingCache::TimingCache(nvinfer1::IBuilderConfig& config, const std::vector<uint8_t>& bytes,
                         Diagnostics& diagnostics)
    : config_(config), diagnostics_(diagnostics), cache_(MakeCache(config, bytes)) {
  if (!cache_ || !config_.setTimingCache(*cache_, kIgnoreMismatch)) throw Refused(diagnostics_);
}

std::unique_ptr<HostMemory> TimingCache::Serialize() {
  // The config may hold a copy of the cache that it was given.
  const nvinfer1::ITimingCache* const used = config_.getTimingCache();
  return ToBytes(used == nullptr ? *cache_ : *used, diagnostics_);
}

std::unique_ptr<HostMemory> CombineTimingCaches(const Library& library,
                                                const std::vector<uint8_t>& first,
                                                const std::vector<uint8_t>& second) {
  Diagnostics diagnostics;
  const std::unique_ptr<nvinfer1::IBuilder> builder = library.CreateBuilder(diagnostics.log());
  if (!builder) throw diagnostics.Failure("ERR_TRT_BUILD", "TensorRT gave no builder");
  builder->setErrorRecorder(&diagnostics.recorder());
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  const auto combined = MakeCache(*config, first);
  const auto added = MakeCache(*config, second);
  if (!combined || !added) throw Refused(diagnostics);
  if (!combined->combine(*added, kIgnoreMismatch)) {
    throw diagnostics.Failure("ERR_TRT_BUILD", "TensorRT could not combine the timing caches");
  }
  return ToBytes(*combined, diagnostics);
}

#endif

}  // namespace tensorrt_node
