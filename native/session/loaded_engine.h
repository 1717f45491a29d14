#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cuda/device.h"
#include "loader/tensorrt_library.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

struct LoadRequest {
  /// The path of a file, or the plan itself.
  std::variant<std::string, std::vector<uint8_t>> plan;
  int device = 0;
  DeserializeOptions deserialize;
  /// Bytes of streamable weights that stay on the device; kAutomaticBudget leaves it to TensorRT,
  /// nothing keeps all of them there.
  std::optional<int64_t> weight_streaming_budget;
  /// Whether to refuse a plan that is larger than the free memory of the device.
  bool check_memory = true;
};

inline constexpr int64_t kAutomaticBudget = -1;

/// An engine on a device, with everything that must live as long as it does.
class LoadedEngine {
 public:
  /// Throws ERR_NO_GPU, ERR_CUDA, ERR_FILE, ERR_GPU_MEMORY, ERR_UNSUPPORTED or
  /// ERR_TRT_ENGINE_INVALID.
  LoadedEngine(std::shared_ptr<TensorRTLibrary> library, LoadRequest request);
  LoadedEngine(const LoadedEngine&) = delete;
  LoadedEngine& operator=(const LoadedEngine&) = delete;
  ~LoadedEngine();

  const std::shared_ptr<TensorRTLibrary>& library() const { return library_; }
  const std::shared_ptr<Device>& device() const { return device_; }
  Engine& engine() { return *engine_; }

  /// Calls something of the engine that concerns the engine as a whole: one such call at a time,
  /// with the device's context current.
  template <typename Body>
  auto Whole(Body&& body) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const ContextScope scope(*device_);
    return std::forward<Body>(body)(*engine_);
  }

  void SetWeightStreamingBudget(int64_t bytes);
  void LoadWeights();

 private:
  void CheckMemory(const LoadRequest& request) const;

  const std::shared_ptr<TensorRTLibrary> library_;
  const std::shared_ptr<Device> device_;
  std::mutex mutex_;
  // Destroyed from the last to the first. An engine with deferred weights reads its plan again.
  std::unique_ptr<PlanSource> plan_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tensorrt_node
