#pragma once

#include <memory>
#include <string>
#include <utility>

#include "status_error.h"
#include "tensorrt/call_log.h"
#include "tensorrt/error_recorder.h"

namespace tensorrt_node {

/// What TensorRT says about one object and everything made from it: TensorRT itself returns null or
/// false, the reasons arrive here. It must outlive that object.
class Diagnostics {
 public:
  Diagnostics() : log_(LeaseCallLog()) {}

  /// For an object that has a recorder of its own but logs where its parent does.
  explicit Diagnostics(std::shared_ptr<CallLog> log) : log_(std::move(log)) {}

  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;

  CallLog& log() { return *log_; }
  std::shared_ptr<CallLog> shared_log() const { return log_; }
  ErrorRecorder& recorder() { return recorder_; }

  /// Forgets what earlier calls left, at the start of a call.
  void Clear() {
    log_->Clear();
    recorder_.clear();
  }

  /// The error of a call that failed: `message`, then TensorRT's first reason, with all of it
  /// attached.
  StatusError Failure(const std::string& code, const std::string& message) {
    auto recorded = recorder_.Take();
    auto lines = log_->Lines();
    std::string text = message;
    if (!recorded.empty()) {
      text += ": " + recorded.front().description;
    } else if (!lines.empty()) {
      text += ": " + lines.back();
    } else {
      text += ".";
    }
    return StatusError(code, text).WithEvidence(std::move(recorded), std::move(lines));
  }

 private:
  std::shared_ptr<CallLog> log_;
  ErrorRecorder recorder_;
};

}  // namespace tensorrt_node
