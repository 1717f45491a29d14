#include "tensorrt/error_recorder.h"

#include "tensorrt/enums.h"

namespace tensorrt_node {

int32_t ErrorRecorder::getNbErrors() const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int32_t>(entries_.size());
}

nvinfer1::ErrorCode ErrorRecorder::getErrorCode(int32_t index) const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto position = static_cast<size_t>(index);
  return position < entries_.size() ? entries_[position].code
                                    : nvinfer1::ErrorCode::kINVALID_ARGUMENT;
}

nvinfer1::IErrorRecorder::ErrorDesc ErrorRecorder::getErrorDesc(int32_t index) const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto position = static_cast<size_t>(index);
  return position < entries_.size() ? entries_[position].description.c_str() : "";
}

bool ErrorRecorder::hasOverflowed() const noexcept { return overflowed_; }

void ErrorRecorder::clear() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.clear();
  overflowed_ = false;
}

bool ErrorRecorder::reportError(nvinfer1::ErrorCode code, ErrorDesc description) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (entries_.size() < kKeptErrors) {
      entries_.push_back({code, description});
    } else {
      overflowed_ = true;
    }
  } catch (...) {
    overflowed_ = true;
  }
  return false;
}

std::vector<RecordedError> ErrorRecorder::Take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<RecordedError> taken;
  taken.reserve(entries_.size());
  for (const Entry& entry : entries_) taken.push_back({NameOf(entry.code), entry.description});
  entries_.clear();
  overflowed_ = false;
  return taken;
}

}  // namespace tensorrt_node
