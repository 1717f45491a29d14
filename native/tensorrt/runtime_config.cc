#include "tensorrt/runtime_config.h"

#include "tensorrt/enums.h"
#include "tensorrt/runtime_cache.h"
#include "tensorrt/runtime_features.h"

namespace tensorrt_node {
namespace {

void CheckRtxOptions(const Version& version, const ContextOptions& options) {
  if (!options.kernel_specialization.empty()) {
    Require(version, "Kernel specialization needs", kJitOptions);
  }
  if (!options.cuda_graph_strategy.empty()) {
    Require(version, "A CUDA graph strategy needs", kJitOptions);
  }
  if (options.runtime_cache) Require(version, "A runtime cache needs", kJitOptions);
}

#if defined(TENSORRT_NODE_FAMILY_RTX1)

void ApplyRtxOptions(nvinfer1::IRuntimeConfig& config, Diagnostics& diagnostics,
                     const ContextOptions& options) {
  if (!options.kernel_specialization.empty()) {
    config.setDynamicShapesKernelSpecializationStrategy(
        FromName<nvinfer1::DynamicShapesKernelSpecializationStrategy>(
            options.kernel_specialization));
  }
  if (!options.cuda_graph_strategy.empty() &&
      !config.setCudaGraphStrategy(
          FromName<nvinfer1::CudaGraphStrategy>(options.cuda_graph_strategy))) {
    throw diagnostics.Failure("ERR_TRT_INFER", "TensorRT refused CUDA graph strategy '" +
                                                   options.cuda_graph_strategy + "'");
  }
  if (options.runtime_cache) {
    const auto& cache = static_cast<const TrtRuntimeCache&>(*options.runtime_cache);
    if (!config.setRuntimeCache(cache.get())) {
      throw diagnostics.Failure("ERR_TRT_INFER", "TensorRT refused the runtime cache");
    }
  }
}

#endif

}  // namespace

std::unique_ptr<nvinfer1::IRuntimeConfig> MakeRuntimeConfig(nvinfer1::ICudaEngine& engine,
                                                            const Version& version,
                                                            Diagnostics& diagnostics,
                                                            const ContextOptions& options) {
  CheckRtxOptions(version, options);
  Require(version, "Running an engine needs", kRuntimeConfig);
  std::unique_ptr<nvinfer1::IRuntimeConfig> config(engine.createRuntimeConfig());
  if (!config) {
    throw diagnostics.Failure("ERR_TRT_INFER", "TensorRT could not create a runtime configuration");
  }
  if (!options.memory.empty()) {
    config->setExecutionContextAllocationStrategy(
        FromName<nvinfer1::ExecutionContextAllocationStrategy>(options.memory));
  }
#if defined(TENSORRT_NODE_FAMILY_RTX1)
  ApplyRtxOptions(*config, diagnostics, options);
#endif
  return config;
}

}  // namespace tensorrt_node
