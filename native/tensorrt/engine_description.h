#pragma once

#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

// What TensorRT says of an engine, as api.h describes it.

std::vector<IoTensor> DescribeTensors(const nvinfer1::ICudaEngine& engine, const Version& version);

std::vector<Profile> DescribeProfiles(const nvinfer1::ICudaEngine& engine,
                                      const std::vector<IoTensor>& tensors, const Version& version);

/// All but the debug tensors.
EngineFacts DescribeEngine(const nvinfer1::ICudaEngine& engine, const Version& version);

/// Of the tensors named in the inspector's JSON, those whose values a context can show: TensorRT
/// answers for a name, but lists none.
std::vector<std::string> FindDebugTensors(const nvinfer1::ICudaEngine& engine,
                                          const std::string& inspection);

/// They change with the budget for weight streaming.
std::vector<uint64_t> DescribeScratch(const nvinfer1::ICudaEngine& engine);

}  // namespace tensorrt_node
