#pragma once

#include <memory>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"

namespace tensorrt_node {

/// How an execution context is to be made. Throws ERR_UNSUPPORTED for options that this product
/// does not have.
std::unique_ptr<nvinfer1::IRuntimeConfig> MakeRuntimeConfig(nvinfer1::ICudaEngine& engine,
                                                            const Version& version,
                                                            Diagnostics& diagnostics,
                                                            const ContextOptions& options);

}  // namespace tensorrt_node
