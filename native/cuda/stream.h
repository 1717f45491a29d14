#pragma once

#include <memory>
#include <utility>

#include "cuda/device.h"

namespace tensorrt_node {

enum class StreamPriority { kLow, kNormal, kHigh };

/// An ordered queue of device work. Never the default stream, on which TensorRT would wait for the
/// whole device.
class Stream {
 public:
  explicit Stream(std::shared_ptr<const Device> device,
                  StreamPriority priority = StreamPriority::kNormal)
      : device_(std::move(device)) {
    constexpr unsigned int kNonBlocking = 1;
    const ContextScope scope(*device_);
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuStreamCreateWithPriority(&stream_, kNonBlocking, Level(priority)),
                 "cuStreamCreateWithPriority");
  }
  ~Stream() {
    CleanUp(*device_, [this] { device_->driver().cuStreamDestroy(stream_); });
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  CUstream get() const { return stream_; }

  /// Waits for everything that was enqueued. Throws ERR_CUDA for whatever failed on the device.
  void Synchronize() const {
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuStreamSynchronize(stream_), "cuStreamSynchronize");
  }

 private:
  /// CUDA counts downwards: the greatest priority is the smallest number, 0 is normal.
  int Level(StreamPriority priority) const {
    if (priority == StreamPriority::kNormal) return 0;
    int least = 0;
    int greatest = 0;
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuCtxGetStreamPriorityRange(&least, &greatest),
                 "cuCtxGetStreamPriorityRange");
    return priority == StreamPriority::kHigh ? greatest : least;
  }

  const std::shared_ptr<const Device> device_;
  CUstream stream_ = nullptr;
};

}  // namespace tensorrt_node
