#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cuda/memory.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// A plan in memory.
class BytesPlanSource final : public PlanSource {
 public:
  BytesPlanSource(std::shared_ptr<const Device> device, std::vector<uint8_t> bytes)
      : device_(std::move(device)), bytes_(std::move(bytes)) {}

  uint64_t size() const override { return bytes_.size(); }
  const void* data() const override { return bytes_.data(); }
  int64_t Read(uint64_t offset, void* destination, int64_t bytes, void* stream) noexcept override;

 private:
  const std::shared_ptr<const Device> device_;
  const std::vector<uint8_t> bytes_;
};

/// A plan in a file, of which never more than a piece is in host memory. The file may be removed
/// while this lives.
class FilePlanSource final : public PlanSource {
 public:
  /// Throws ERR_FILE.
  FilePlanSource(std::shared_ptr<const Device> device, std::string path);
  FilePlanSource(const FilePlanSource&) = delete;
  FilePlanSource& operator=(const FilePlanSource&) = delete;
  ~FilePlanSource() override;

  uint64_t size() const override { return size_; }
  int64_t Read(uint64_t offset, void* destination, int64_t bytes, void* stream) noexcept override;

  /// Why a Read failed, which TensorRT cannot tell.
  const std::optional<StatusError>& failure() const { return failure_; }

 private:
  int64_t ReadToHost(uint64_t offset, void* destination, int64_t bytes) const;
  int64_t ReadToDevice(uint64_t offset, CUdeviceptr destination, int64_t bytes, CUstream stream);
  StatusError Unreadable() const;

  const std::shared_ptr<const Device> device_;
  const std::string path_;
  int file_ = -1;
  uint64_t size_ = 0;
  PinnedBuffer piece_;
  std::optional<StatusError> failure_;
};

}  // namespace tensorrt_node
