#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>

#include "device_block.h"

namespace tensorrt_node::standin {

/// Reads a plan as TensorRT may: in pieces, with jumps, and partly to device memory, so that a
/// reader that masters only some of it fails. Throws a Failure where the reader gives up.
std::string ReadPlanStream(nvinfer1::IStreamReaderV2& reader);

/// Reads the first `bytes` of a plan to device memory, in the order of `stream`.
std::unique_ptr<DeviceBlock> ReadPlanToDevice(nvinfer1::IStreamReaderV2& reader, size_t bytes,
                                              CUstream stream);

}  // namespace tensorrt_node::standin
