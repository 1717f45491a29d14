#pragma once

#include <memory>
#include <utility>

#include "cuda/stream.h"

namespace tensorrt_node {

/// A point in a stream that other streams and the host can wait for.
class Event {
 public:
  enum class Timing { kOff, kOn };

  explicit Event(std::shared_ptr<const Device> device, Timing timing = Timing::kOff)
      : device_(std::move(device)) {
    // The host sleeps while it waits: a core that spins is missing elsewhere in the service.
    constexpr unsigned int kBlockingSync = 1;
    constexpr unsigned int kDisableTiming = 2;
    const ContextScope scope(*device_);
    const CudaDriver& driver = device_->driver();
    const unsigned int flags = kBlockingSync | (timing == Timing::kOff ? kDisableTiming : 0);
    driver.Check(driver.cuEventCreate(&event_, flags), "cuEventCreate");
  }
  ~Event() {
    CleanUp(*device_, [this] { device_->driver().cuEventDestroy(event_); });
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  CUevent get() const { return event_; }

  void Record(const Stream& stream) {
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuEventRecord(event_, stream.get()), "cuEventRecord");
  }

  /// Makes what is enqueued on `stream` from now on wait for this event.
  void HoldBack(const Stream& stream) const {
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuStreamWaitEvent(stream.get(), event_, 0), "cuStreamWaitEvent");
  }

  /// Blocks this thread; at once where the event was never recorded.
  void Synchronize() const {
    const CudaDriver& driver = device_->driver();
    driver.Check(driver.cuEventSynchronize(event_), "cuEventSynchronize");
  }

  /// Both events must have happened, and measure time.
  float MillisecondsSince(const Event& start) const {
    const CudaDriver& driver = device_->driver();
    float milliseconds = 0;
    driver.Check(driver.cuEventElapsedTime(&milliseconds, start.event_, event_),
                 "cuEventElapsedTime");
    return milliseconds;
  }

 private:
  const std::shared_ptr<const Device> device_;
  CUevent event_ = nullptr;
};

}  // namespace tensorrt_node
