#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine_memory.h"
#include "network.h"
#include "weight_store.h"

namespace tensorrt_node::standin {

/// What an engine, its execution contexts and its refitters share.
struct EngineState {
  EngineState(std::string plan, std::shared_ptr<const Network> network,
              EngineMemory::Loading loading);

  /// Scratch memory that an execution context takes on the device in this profile, at most.
  int64_t ScratchBytes(size_t profile) const;
  /// The most over all profiles.
  int64_t ScratchBytes() const;
  /// Names of the constants whose elements are not there.
  std::vector<std::string> MissingWeights() const;

  const std::string plan;
  const std::shared_ptr<const Network> network;
  const std::shared_ptr<WeightStore> weights;
  /// The CUDA context that the engine was deserialized in, and belongs to.
  const CUcontext cuda_context;
  EngineMemory memory;
  /// Execution contexts that exist.
  std::atomic<int> contexts{0};
  /// Inferences that were enqueued and have not ended.
  const std::shared_ptr<std::atomic<int>> in_flight = std::make_shared<std::atomic<int>>(0);
};

}  // namespace tensorrt_node::standin
