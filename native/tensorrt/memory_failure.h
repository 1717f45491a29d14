#pragma once

#include <algorithm>
#include <string>

#include "tensorrt/diagnostics.h"

namespace tensorrt_node {

/// As Diagnostics::Failure, but ERR_GPU_MEMORY where TensorRT recorded that an allocation failed.
inline StatusError FailureOrNoMemory(Diagnostics& diagnostics, const std::string& code,
                                     const std::string& message) {
  const StatusError failure = diagnostics.Failure(code, message);
  const auto& recorded = failure.recorded();
  const bool memory = std::any_of(recorded.begin(), recorded.end(), [](const RecordedError& error) {
    return error.code == "failedAllocation";
  });
  if (!memory) return failure;
  return StatusError("ERR_GPU_MEMORY", failure.what()).WithEvidence(recorded, failure.log());
}

}  // namespace tensorrt_node
