#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "status_error.h"

namespace tensorrt_node {

/// Collects what TensorRT reports for one object. It must outlive the objects it is set on; they
/// count references, but the owner decides.
class ErrorRecorder final : public nvinfer1::IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override;
  nvinfer1::ErrorCode getErrorCode(int32_t index) const noexcept override;
  ErrorDesc getErrorDesc(int32_t index) const noexcept override;
  bool hasOverflowed() const noexcept override;
  void clear() noexcept override;
  bool reportError(nvinfer1::ErrorCode code, ErrorDesc description) noexcept override;
  RefCount incRefCount() noexcept override { return ++references_; }
  RefCount decRefCount() noexcept override { return --references_; }

  /// What was reported since the last call, oldest first.
  std::vector<RecordedError> Take();

 private:
  static constexpr size_t kKeptErrors = 32;

  struct Entry {
    nvinfer1::ErrorCode code;
    std::string description;
  };

  mutable std::mutex mutex_;
  // A deque, because getErrorDesc hands out pointers that a later report must not move.
  std::deque<Entry> entries_;
  std::atomic<bool> overflowed_{false};
  std::atomic<RefCount> references_{0};
};

}  // namespace tensorrt_node
