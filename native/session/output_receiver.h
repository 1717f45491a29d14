#pragma once

#include <optional>
#include <string>

#include "session/lane.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// Receives one output whose shape depends on data, into the memory of a lane.
class OutputReceiver final : public OutputAllocator {
 public:
  OutputReceiver(Lane& lane, Lane::Output& output) : lane_(lane), output_(output) {}

  Lane::Output& output() const { return output_; }

  void* Allocate(uint64_t bytes, uint64_t /*alignment*/, void* /*stream*/) noexcept override {
    try {
      return lane_.Reserve(output_, static_cast<size_t>(bytes));
    } catch (const StatusError& error) {
      failure_ = error;
      return nullptr;
    }
  }

  void ShapeKnown(const Dims& dims) noexcept override { output_.dims = dims; }

  /// Throws why no memory could be given, which TensorRT can only tell as a failed inference.
  void ThrowIfFailed() const {
    if (failure_) throw StatusError(*failure_);
  }

 private:
  Lane& lane_;
  Lane::Output& output_;
  std::optional<StatusError> failure_;
};

}  // namespace tensorrt_node
