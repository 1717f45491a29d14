#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// The logger of one TensorRT object (a builder, a runtime): it keeps the last lines for the error
/// message of the call that fails, and passes every line on to an observer where there is one.
class CallLog final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override;

  void set_observer(BuildObserver* observer);

  /// The lines since the last call of Clear, oldest first, at most kKeptLines.
  std::vector<std::string> Lines() const;
  void Clear();

 private:
  static constexpr size_t kKeptLines = 32;

  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  BuildObserver* observer_ = nullptr;
};

/// A logger on loan. TensorRT keeps using the first logger of the process for messages that belong
/// to no object, even when the object it came with is gone, so loggers are never destroyed: they go
/// back to a process-wide list and serve again.
std::shared_ptr<CallLog> LeaseCallLog();

}  // namespace tensorrt_node
