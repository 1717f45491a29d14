#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <utility>

#include "reporter.h"

namespace tensorrt_node::standin {

/// Settings for creating an execution context. The hints of TensorRT for RTX are kept and change
/// nothing: there are no kernels to specialize here.
class RuntimeConfig final : public nvinfer1::IRuntimeConfig, public nvinfer1::apiv::VRuntimeConfig {
  using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

 public:
  explicit RuntimeConfig(std::shared_ptr<LogSink> log) : reporter_(std::move(log), nullptr) {
    mImpl = this;
  }

  nvinfer1::IRuntimeConfig* getPImpl() noexcept override { return this; }
  void setExecutionContextAllocationStrategy(Allocation strategy) noexcept override {
    allocation_ = strategy;
  }
  Allocation getExecutionContextAllocationStrategy() const noexcept override { return allocation_; }

#ifdef TRT_MAJOR_RTX
  nvinfer1::IRuntimeCache* createRuntimeCache() const noexcept override {
    return reporter_.NotImplemented<nvinfer1::IRuntimeCache*>("createRuntimeCache", nullptr);
  }
  bool setRuntimeCache(const nvinfer1::IRuntimeCache&) noexcept override {
    return reporter_.NotImplemented("setRuntimeCache", false);
  }
  nvinfer1::IRuntimeCache* getRuntimeCache() const noexcept override { return nullptr; }
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
#ifdef TRT_MAJOR_RTX
  nvinfer1::DynamicShapesKernelSpecializationStrategy specialization_ =
      nvinfer1::DynamicShapesKernelSpecializationStrategy::kLAZY;
  nvinfer1::CudaGraphStrategy graphs_ = nvinfer1::CudaGraphStrategy::kDISABLED;
#endif
  const Counted counted_{Process::Instance().others};
};

}  // namespace tensorrt_node::standin
