#include "engine_memory.h"

#include <algorithm>
#include <utility>

#include "../cuda/control_api.h"
#include "cuda_driver.h"
#include "types.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

/// An engine without weights takes memory too, so that tests can count engines by allocations.
constexpr int64_t kLeastBytes = 256;

Failure Refused(const std::string& message) { return Failure(ErrorCode::kINVALID_STATE, message); }

}  // namespace

EngineMemory::EngineMemory(int64_t fixed_bytes, int64_t streamable_bytes, Loading loading)
    : fixed_bytes_(fixed_bytes),
      streamable_bytes_(streamable_bytes),
      loading_(loading),
      budget_(streamable_bytes) {
  if (!deferred()) Allocate();
}

void EngineMemory::Allocate() {
  // What is there goes first: both may be too much for the device.
  block_.reset();
  block_.emplace(std::max(fixed_bytes_ + std::min(budget_, streamable_bytes_), kLeastBytes));
}

void EngineMemory::Load() {
  if (!deferred()) throw Refused("the loading of the weights was not deferred");
  if (loaded()) throw Refused("the weights are loaded already");
  Allocate();
  ready_ = std::make_shared<std::atomic<bool>>(true);
}

void EngineMemory::LoadOn(CUstream stream, std::unique_ptr<DeviceBlock> staging, std::string plan) {
  Load();
  staging_ = std::move(staging);
  ready_ = std::make_shared<std::atomic<bool>>(false);
  EnqueueWork(stream, [ready = ready_, context = CurrentContext(), address = staging_->address(),
                       plan = std::move(plan)] {
    std::string read(plan.size(), '\0');
    if (standin_cuda_read(context, read.data(), address, read.size()) != CUDA_SUCCESS) return;
    if (read == plan) {
      *ready = true;
    } else {
      standin_cuda_launch_failed(context, "TensorRT stand-in: the weights of another plan came");
    }
  });
}

void EngineMemory::Unload() {
  if (!deferred()) throw Refused("the loading of the weights was not deferred");
  if (!loaded()) throw Refused("the weights are not loaded");
  block_.reset();
  staging_.reset();
}

void EngineMemory::SetBudget(int64_t bytes) {
  if (streamable_bytes_ == 0) throw Refused("the engine was not built for weight streaming");
  if (bytes < 0) throw Failure(ErrorCode::kINVALID_ARGUMENT, "the budget is negative");
  const int64_t previous = std::exchange(budget_, std::min(bytes, streamable_bytes_));
  if (!loaded()) return;
  try {
    Allocate();
  } catch (const Failure&) {
    budget_ = previous;
    Allocate();
    throw;
  }
}

int64_t EngineMemory::AutomaticBudget() const {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  CheckDriver("cuMemGetInfo_v2", cuMemGetInfo_v2(&free_bytes, &total_bytes));
  const int64_t held = loaded() ? std::min(budget_, streamable_bytes_) : 0;
  return std::min(static_cast<int64_t>(free_bytes) + held, streamable_bytes_);
}

int64_t EngineMemory::StreamingScratchBytes() const {
  constexpr int64_t kPart = 8;
  return streams() ? (streamable_bytes_ / kPart + kLeastBytes - 1) / kLeastBytes * kLeastBytes : 0;
}

}  // namespace tensorrt_node::standin
