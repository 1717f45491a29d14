#include "reporter.h"

#include <cstdio>

namespace tensorrt_node::standin {

using nvinfer1::ErrorCode;
using Severity = nvinfer1::ILogger::Severity;

void LogSink::Log(Severity severity, const std::string& message) const {
  const std::string line = "stand-in: " + message;
  if (nvinfer1::ILogger* logger = logger_) {
    logger->log(severity, line.c_str());
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

Reporter::Reporter(std::shared_ptr<LogSink> log, nvinfer1::IErrorRecorder* recorder)
    : log_(std::move(log)) {
  SetRecorder(recorder);
}

void Reporter::SetRecorder(nvinfer1::IErrorRecorder* recorder) {
  if (recorder != nullptr) recorder->incRefCount();
  nvinfer1::IErrorRecorder* previous = recorder_.exchange(recorder);
  if (previous != nullptr) previous->decRefCount();
}

void Reporter::Verbose(const std::string& message) const { log_->Log(Severity::kVERBOSE, message); }

void Reporter::Warn(const std::string& message) const { log_->Log(Severity::kWARNING, message); }

void Reporter::Error(ErrorCode code, const std::string& message) const {
  log_->Log(Severity::kERROR, message);
  if (nvinfer1::IErrorRecorder* recorder = recorder_) {
    recorder->reportError(code, ("stand-in: " + message).c_str());
  }
}

void Reporter::Violation(const std::string& message) const {
  ++Process::Instance().violations;
  Error(ErrorCode::kINTERNAL_ERROR, message);
}

void Reporter::NotImplemented(const char* method) const {
  Error(ErrorCode::kUNSUPPORTED_STATE, std::string(method) + " is not implemented");
}

}  // namespace tensorrt_node::standin
