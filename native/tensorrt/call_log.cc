#include "tensorrt/call_log.h"

#include <utility>

namespace tensorrt_node {
namespace {

tensorrt_node::Severity ToSeverity(nvinfer1::ILogger::Severity severity) {
  switch (severity) {
    case nvinfer1::ILogger::Severity::kINTERNAL_ERROR:
      return Severity::kInternalError;
    case nvinfer1::ILogger::Severity::kERROR:
      return Severity::kError;
    case nvinfer1::ILogger::Severity::kWARNING:
      return Severity::kWarning;
    case nvinfer1::ILogger::Severity::kINFO:
      return Severity::kInfo;
    case nvinfer1::ILogger::Severity::kVERBOSE:
      break;
  }
  return Severity::kVerbose;
}

const char* Label(Severity severity) {
  switch (severity) {
    case Severity::kInternalError:
      return "internal error: ";
    case Severity::kError:
      return "error: ";
    case Severity::kWarning:
      return "warning: ";
    default:
      return "";
  }
}

struct FreeLogs {
  std::mutex mutex;
  std::vector<std::unique_ptr<CallLog>> logs;
};

// Reachable for the whole life of the process and destroyed never, see LeaseCallLog.
FreeLogs& free_logs() {
  static auto* const logs = new FreeLogs;
  return *logs;
}

void ReturnCallLog(CallLog* log) {
  log->set_observer(nullptr);
  log->Clear();
  FreeLogs& free = free_logs();
  const std::lock_guard<std::mutex> lock(free.mutex);
  free.logs.emplace_back(log);
}

std::unique_ptr<CallLog> TakeFreeLog() {
  FreeLogs& free = free_logs();
  const std::lock_guard<std::mutex> lock(free.mutex);
  if (free.logs.empty()) return std::make_unique<CallLog>();
  std::unique_ptr<CallLog> log = std::move(free.logs.back());
  free.logs.pop_back();
  return log;
}

}  // namespace

void CallLog::log(Severity severity, const char* message) noexcept {
  try {
    const tensorrt_node::Severity level = ToSeverity(severity);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (level != tensorrt_node::Severity::kVerbose) {
      lines_.push_back(Label(level) + std::string(message));
      if (lines_.size() > kKeptLines) lines_.pop_front();
    }
    if (observer_ != nullptr) observer_->Log(level, message);
  } catch (...) {
    // Out of memory while logging: losing the line is better than ending the process.
  }
}

void CallLog::set_observer(BuildObserver* observer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  observer_ = observer;
}

std::vector<std::string> CallLog::Lines() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {lines_.begin(), lines_.end()};
}

void CallLog::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  lines_.clear();
}

std::shared_ptr<CallLog> LeaseCallLog() {
  return std::shared_ptr<CallLog>(TakeFreeLog().release(), ReturnCallLog);
}

}  // namespace tensorrt_node
