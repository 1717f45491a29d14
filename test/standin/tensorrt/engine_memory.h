#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "device_block.h"

namespace tensorrt_node::standin {

/// The device memory of an engine's weights: all of them, or as many as the budget of weight
/// streaming keeps there, or none while their loading is deferred. What is computed does not use
/// it, so that tests see it only in the memory they count.
class EngineMemory {
 public:
  enum class Loading { kAtOnce, kDeferred };

  /// `fixed_bytes` are the weights that cannot be streamed. Allocates in the current context;
  /// throws a Failure where the driver refuses.
  EngineMemory(int64_t fixed_bytes, int64_t streamable_bytes, Loading loading);
  EngineMemory(const EngineMemory&) = delete;
  EngineMemory& operator=(const EngineMemory&) = delete;

  bool deferred() const { return loading_ == Loading::kDeferred; }
  bool loaded() const { return block_.has_value(); }
  /// Becomes true when the stream that loads the weights has got there.
  std::shared_ptr<const std::atomic<bool>> ready() const { return ready_; }

  void Load();
  /// Loads what lies in `staging` when `stream` gets there; it must be `plan`, else the inferences
  /// that use it fail.
  void LoadOn(CUstream stream, std::unique_ptr<DeviceBlock> staging, std::string plan);
  void Unload();

  int64_t streamable_bytes() const { return streamable_bytes_; }
  int64_t budget() const { return budget_; }
  bool streams() const { return budget_ < streamable_bytes_; }
  void SetBudget(int64_t bytes);
  /// The largest budget that the free memory of the device allows.
  int64_t AutomaticBudget() const;
  /// What each execution context needs more while weights are streamed.
  int64_t StreamingScratchBytes() const;

 private:
  void Allocate();

  const int64_t fixed_bytes_;
  const int64_t streamable_bytes_;
  const Loading loading_;
  int64_t budget_;
  std::optional<DeviceBlock> block_;
  /// What LoadOn reads from, as long as a stream may.
  std::unique_ptr<DeviceBlock> staging_;
  std::shared_ptr<std::atomic<bool>> ready_ = std::make_shared<std::atomic<bool>>(true);
};

}  // namespace tensorrt_node::standin
