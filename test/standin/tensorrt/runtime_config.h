#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <optional>
#include <string>

#include "reporter.h"
#include "runtime_cache.h"

namespace tensorrt_node::standin {

/// Settings for creating an execution context. Those of TensorRT for RTX change no results: there
/// are no kernels here, and what stands for compiling one is an entry in the cache.
class RuntimeConfig final : public nvinfer1::IRuntimeConfig, public nvinfer1::apiv::VRuntimeConfig {
  using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

 public:
  explicit RuntimeConfig(std::shared_ptr<LogSink> log);
  /// A copy for an execution context, which is not counted as an object of the application.
  RuntimeConfig(const RuntimeConfig& other);

  /// Counts the strategies in the report's calls: `createExecutionContext:userManaged`, ...
  void CountUse() const;
  /// Whether kernels are compiled for the very shapes that an inference has.
  bool SpecializesKernels() const;
  /// Null where there is no cache.
  const std::shared_ptr<CompiledKernels>& kernels() const { return kernels_; }

  nvinfer1::IRuntimeConfig* getPImpl() noexcept override { return this; }
  void setExecutionContextAllocationStrategy(Allocation strategy) noexcept override {
    allocation_ = strategy;
  }
  Allocation getExecutionContextAllocationStrategy() const noexcept override { return allocation_; }

#ifdef TRT_MAJOR_RTX
  nvinfer1::IRuntimeCache* createRuntimeCache() const noexcept override;
  bool setRuntimeCache(const nvinfer1::IRuntimeCache& cache) noexcept override;
  nvinfer1::IRuntimeCache* getRuntimeCache() const noexcept override { return cache_; }
  void setDynamicShapesKernelSpecializationStrategy(
      nvinfer1::DynamicShapesKernelSpecializationStrategy strategy) noexcept override {
    specialization_ = strategy;
  }
  nvinfer1::DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy()
      const noexcept override {
    return specialization_;
  }
  bool setCudaGraphStrategy(nvinfer1::CudaGraphStrategy strategy) noexcept override {
    graphs_ = strategy;
    return true;
  }
  nvinfer1::CudaGraphStrategy getCudaGraphStrategy() const noexcept override { return graphs_; }
#endif

 private:
  Reporter reporter_;
  Allocation allocation_ = Allocation::kSTATIC;
  std::shared_ptr<CompiledKernels> kernels_;
#ifdef TRT_MAJOR_RTX
  nvinfer1::IRuntimeCache* cache_ = nullptr;
  nvinfer1::DynamicShapesKernelSpecializationStrategy specialization_ =
      nvinfer1::DynamicShapesKernelSpecializationStrategy::kLAZY;
  nvinfer1::CudaGraphStrategy graphs_ = nvinfer1::CudaGraphStrategy::kDISABLED;
#endif
  std::optional<Counted> counted_;
};

}  // namespace tensorrt_node::standin
