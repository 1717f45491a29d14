#pragma once

#include <NvInferRuntime.h>

namespace tensorrt_node::standin {

/// A plugin registry without plugins: whatever would add one is refused on standard error, because
/// a registry has no logger.
nvinfer1::IPluginRegistry& EmptyPluginRegistry();

}  // namespace tensorrt_node::standin
