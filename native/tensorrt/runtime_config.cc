#include "tensorrt/runtime_config.h"

#include <string>

#include "tensorrt/runtime_cache.h"
#include "tensorrt/unsupported.h"

namespace tensorrt_node {
namespace {

StatusError Unknown(const std::string& option, const std::string& value) {
  return StatusError("ERR_UNSUPPORTED", "TensorRT has no " + option + " '" + value + "'.");
}

nvinfer1::ExecutionContextAllocationStrategy ToAllocationStrategy(const std::string& name) {
  using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
  if (name == "static") return Strategy::kSTATIC;
  if (name == "onProfileChange") return Strategy::kON_PROFILE_CHANGE;
  if (name == "userManaged") return Strategy::kUSER_MANAGED;
  throw Unknown("allocation strategy", name);
}

#if defined(TENSORRT_NODE_FAMILY_RTX1)

nvinfer1::DynamicShapesKernelSpecializationStrategy ToSpecialization(const std::string& name) {
  using Strategy = nvinfer1::DynamicShapesKernelSpecializationStrategy;
  if (name == "lazy") return Strategy::kLAZY;
  if (name == "eager") return Strategy::kEAGER;
  if (name == "none") return Strategy::kNONE;
  throw Unknown("kernel specialization strategy", name);
}

nvinfer1::CudaGraphStrategy ToGraphStrategy(const std::string& name) {
  using Strategy = nvinfer1::CudaGraphStrategy;
  if (name == "disabled") return Strategy::kDISABLED;
  if (name == "wholeGraphCapture") return Strategy::kWHOLE_GRAPH_CAPTURE;
  throw Unknown("CUDA graph strategy", name);
}

void ApplyRtxOptions(nvinfer1::IRuntimeConfig& config, Diagnostics& diagnostics,
                     const ContextOptions& options) {
  if (!options.kernel_specialization.empty()) {
    config.setDynamicShapesKernelSpecializationStrategy(
        ToSpecialization(options.kernel_specialization));
  }
  if (!options.cuda_graph_strategy.empty() &&
      !config.setCudaGraphStrategy(ToGraphStrategy(options.cuda_graph_strategy))) {
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

#else

void ApplyRtxOptions(nvinfer1::IRuntimeConfig&, Diagnostics&, const ContextOptions& options) {
  if (!options.kernel_specialization.empty()) throw NeedsRtx("Kernel specialization");
  if (!options.cuda_graph_strategy.empty()) throw NeedsRtx("A CUDA graph strategy");
  if (options.runtime_cache) throw NeedsRtx("A runtime cache");
}

#endif

}  // namespace

std::unique_ptr<nvinfer1::IRuntimeConfig> MakeRuntimeConfig(nvinfer1::ICudaEngine& engine,
                                                            Diagnostics& diagnostics,
                                                            const ContextOptions& options) {
  std::unique_ptr<nvinfer1::IRuntimeConfig> config(engine.createRuntimeConfig());
  if (!config) {
    throw diagnostics.Failure("ERR_TRT_INFER", "TensorRT could not create a runtime configuration");
  }
  if (!options.memory.empty()) {
    config->setExecutionContextAllocationStrategy(ToAllocationStrategy(options.memory));
  }
  ApplyRtxOptions(*config, diagnostics, options);
  return config;
}

}  // namespace tensorrt_node
