#pragma once

#include <NvInfer.h>

#include <istream>
#include <string>
#include <vector>

namespace tensorrt_node::standin {

/// What a plan says about an engine beside its network.
struct PlanFacts {
  std::string name;
  nvinfer1::EngineCapability capability = nvinfer1::EngineCapability::kSTANDARD;
  nvinfer1::HardwareCompatibilityLevel hardware = nvinfer1::HardwareCompatibilityLevel::kNONE;
  nvinfer1::ProfilingVerbosity verbosity = nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  int32_t aux_streams = 0;
  bool refittable = false;
  /// Weights that the engine claims beside its constants, and that can be streamed.
  int64_t streamable_bytes = 0;
  /// Scratch memory of each execution context.
  int64_t scratch_bytes = 0;

  /// Whether `statement` is one of these; `line` is what follows it.
  bool Read(const std::string& statement, std::istream& line);
};

}  // namespace tensorrt_node::standin
