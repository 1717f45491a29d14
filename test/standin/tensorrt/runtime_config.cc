#include "runtime_config.h"

#include <utility>

namespace tensorrt_node::standin {

RuntimeConfig::RuntimeConfig(std::shared_ptr<LogSink> log) : reporter_(std::move(log), nullptr) {
  mImpl = this;
  counted_.emplace(Process::Instance().others);
}

RuntimeConfig::RuntimeConfig(const RuntimeConfig& other)
    : reporter_(other.reporter_.log(), nullptr) {
  mImpl = this;
  allocation_ = other.allocation_;
  kernels_ = other.kernels_;
#ifdef TRT_MAJOR_RTX
  cache_ = other.cache_;
  specialization_ = other.specialization_;
  graphs_ = other.graphs_;
#endif
}

void RuntimeConfig::CountUse() const {
  const auto count = [](const std::string& strategy) {
    Process::Instance().ledger.Enter("createExecutionContext:" + strategy);
  };
  constexpr const char* kAllocations[] = {"static", "onProfileChange", "userManaged"};
  count(kAllocations[static_cast<int>(allocation_)]);
#ifdef TRT_MAJOR_RTX
  constexpr const char* kSpecializations[] = {"lazy", "eager", "none"};
  count(kSpecializations[static_cast<int>(specialization_)]);
  if (graphs_ == nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE) count("wholeGraphCapture");
#endif
}

bool RuntimeConfig::SpecializesKernels() const {
#ifdef TRT_MAJOR_RTX
  return specialization_ != nvinfer1::DynamicShapesKernelSpecializationStrategy::kNONE;
#else
  return false;
#endif
}

#ifdef TRT_MAJOR_RTX

nvinfer1::IRuntimeCache* RuntimeConfig::createRuntimeCache() const noexcept {
  return reporter_.Run<nvinfer1::IRuntimeCache*>("createRuntimeCache", nullptr,
                                                 [] { return new RuntimeCache; });
}

bool RuntimeConfig::setRuntimeCache(const nvinfer1::IRuntimeCache& cache) noexcept {
  return reporter_.Run("setRuntimeCache", false, [&] {
    cache_ = const_cast<nvinfer1::IRuntimeCache*>(&cache);
    kernels_ = static_cast<const RuntimeCache&>(cache).kernels();
    return true;
  });
}

#endif

}  // namespace tensorrt_node::standin
