#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "NvInfer.h"
#include "status_error.h"

namespace tensorrt_node {

/// Writes a plan to a file as TensorRT makes it.
class PlanWriter final : public nvinfer1::IStreamWriter {
 public:
  /// Throws ERR_FILE.
  explicit PlanWriter(const std::string& path)
      : path_(path), file_(std::fopen(path.c_str(), "wb"), std::fclose) {
    if (!file_) throw Failure(errno);
  }
  PlanWriter(const PlanWriter&) = delete;
  PlanWriter& operator=(const PlanWriter&) = delete;

  int64_t write(const void* data, int64_t bytes) override {
    const size_t written = std::fwrite(data, 1, static_cast<size_t>(bytes), file_.get());
    if (written < static_cast<size_t>(bytes)) error_ = errno;
    bytes_ += written;
    return static_cast<int64_t>(written);
  }

  /// Throws ERR_FILE where a write failed, which TensorRT only tells as a build that failed.
  void ThrowIfFailed() const {
    if (error_ != 0) throw Failure(error_);
  }

  /// Throws ERR_FILE where what was written does not reach the file.
  void Close() {
    if (std::fclose(file_.release()) != 0) throw Failure(errno);
  }

  uint64_t bytes() const { return bytes_; }

 private:
  StatusError Failure(int reason) const {
    return StatusError("ERR_FILE", "Cannot write '" + path_ + "': " + std::strerror(reason) + ".")
        .WithFile(path_);
  }

  const std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  uint64_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace tensorrt_node
