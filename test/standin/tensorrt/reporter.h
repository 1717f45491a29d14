#pragma once

#include <NvInferRuntime.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "process.h"
#include "types.h"

namespace tensorrt_node::standin {

/// The logger of a runtime. The runtime's other objects share it; it is silenced when the runtime
/// dies, because the application may then free its logger.
class LogSink {
 public:
  explicit LogSink(nvinfer1::ILogger& logger) : logger_(&logger) {}
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  nvinfer1::ILogger* logger() const { return logger_; }
  void Log(nvinfer1::ILogger::Severity severity, const std::string& message) const;
  void Silence() { logger_ = nullptr; }

 private:
  std::atomic<nvinfer1::ILogger*> logger_;
};

/// Tells the application what happened: each object of the library has one.
class Reporter {
 public:
  Reporter(std::shared_ptr<LogSink> log, nvinfer1::IErrorRecorder* recorder);
  ~Reporter() { SetRecorder(nullptr); }
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  const std::shared_ptr<LogSink>& log() const { return log_; }
  nvinfer1::IErrorRecorder* recorder() const { return recorder_; }
  void SetRecorder(nvinfer1::IErrorRecorder* recorder);

  void Verbose(const std::string& message) const;
  void Warn(const std::string& message) const;
  /// To the logger and to the error recorder.
  void Error(nvinfer1::ErrorCode code, const std::string& message) const;
  /// A breach of TensorRT's contract that no return value can tell.
  void Violation(const std::string& message) const;

  /// Reports a call of something that the stand-in does not have. Returns `failing`.
  template <typename Result>
  Result NotImplemented(const char* method, Result failing) const {
    NotImplemented(method);
    return failing;
  }
  void NotImplemented(const char* method) const;

  /// Runs the body of a method, unless the test asked for the method to fail. What goes wrong is
  /// reported and gives `failing`.
  template <typename Result, typename Body>
  Result Run(const char* method, Result failing, Body body) const {
    if (Process::Instance().ledger.Enter(method) != 0) {
      Error(nvinfer1::ErrorCode::kUNSPECIFIED_ERROR, std::string(method) + ": injected failure");
      return failing;
    }
    try {
      return body();
    } catch (const Failure& failure) {
      Error(failure.code(), std::string(method) + ": " + failure.what());
    } catch (const std::exception& error) {
      Error(nvinfer1::ErrorCode::kINTERNAL_ERROR, std::string(method) + ": " + error.what());
    }
    return failing;
  }

 private:
  const std::shared_ptr<LogSink> log_;
  std::atomic<nvinfer1::IErrorRecorder*> recorder_{nullptr};
};

}  // namespace tensorrt_node::standin
