#include "session/loaded_engine.h"

#include "cuda/stream.h"
#include "session/plan_source.h"

namespace tensorrt_node {

LoadedEngine::LoadedEngine(std::shared_ptr<TensorRTLibrary> library, LoadRequest request)
    : library_(std::move(library)), device_(Device::Open(request.device)) {
  const ContextScope scope(*device_);
  const FilePlanSource* file = nullptr;
  if (auto* const path = std::get_if<std::string>(&request.plan)) {
    auto source = std::make_unique<FilePlanSource>(device_, std::move(*path));
    file = source.get();
    plan_ = std::move(source);
  } else {
    plan_ = std::make_unique<BytesPlanSource>(
        device_, std::move(std::get<std::vector<uint8_t>>(request.plan)));
  }
  CheckMemory(request);
  try {
    engine_ = library_->backend().Deserialize(*plan_, request.deserialize);
  } catch (const StatusError&) {
    if (file != nullptr && file->failure()) throw *file->failure();
    throw;
  }
  try {
    if (request.weight_streaming_budget) SetWeightStreamingBudget(*request.weight_streaming_budget);
  } catch (...) {
    engine_.reset();
    throw;
  }
  if (!request.deserialize.deferred_weights) plan_.reset();
}

LoadedEngine::~LoadedEngine() {
  // TensorRT frees device memory in the context that is current.
  CleanUp(*device_, [this] { engine_.reset(); });
}

void LoadedEngine::CheckMemory(const LoadRequest& request) const {
  const bool weights_may_wait =
      request.deserialize.deferred_weights || request.weight_streaming_budget.has_value();
  if (!request.check_memory || weights_may_wait) return;
  const MemoryInfo memory = ReadMemoryInfo(*device_);
  if (plan_->size() <= memory.free_bytes) return;
  throw StatusError("ERR_GPU_MEMORY", "The plan has " + std::to_string(plan_->size()) +
                                          " bytes, and " + std::to_string(memory.free_bytes) +
                                          " of the " + std::to_string(memory.total_bytes) +
                                          " bytes of the GPU are free.")
      .WithRemedy(
          "Free memory, choose another GPU, or build with the flag weightStreaming and load with "
          "weightStreamingBudget. With checkMemory: false TensorRT tries all the same: a plan can "
          "be "
          "larger than its weights.");
}

void LoadedEngine::SetWeightStreamingBudget(int64_t bytes) {
  Whole([bytes](Engine& engine) {
    engine.SetWeightStreamingBudget(
        bytes == kAutomaticBudget ? engine.weight_streaming().automatic_budget_bytes : bytes);
  });
}

void LoadedEngine::LoadWeights() {
  const Stream stream(device_);
  Whole([&stream](Engine& engine) {
    engine.LoadWeights(stream.get());
    stream.Synchronize();
  });
}

}  // namespace tensorrt_node
