#pragma once

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "cuda/stream.h"

namespace tensorrt_node {

/// How a thread of the host waits for the device.
enum class Waiting {
  /// It sleeps, and is woken.
  kBlock,
  /// It asks again and again, which takes a core, and saves the time that waking takes.
  kSpin,
};

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

  /// Returns at once where the event was never recorded.
  void Synchronize(Waiting waiting = Waiting::kBlock) const {
    if (waiting == Waiting::kSpin && HappensSoon()) return;
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
  /// Spins, but not for long: beside what takes longer than this, waking takes nothing, and a
  /// device that hangs must not take a core for ever.
  bool HappensSoon() const {
    constexpr std::chrono::milliseconds kLongest(100);
    const auto deadline = std::chrono::steady_clock::now() + kLongest;
    while (!Happened()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      // Whoever else wants the core may be who the device waits for.
      std::this_thread::yield();
    }
    return true;
  }

  bool Happened() const {
    constexpr CUresult kNotReady = 600;
    const CudaDriver& driver = device_->driver();
    const CUresult result = driver.cuEventQuery(event_);
    if (result == kNotReady) return false;
    driver.Check(result, "cuEventQuery");
    return true;
  }

  const std::shared_ptr<const Device> device_;
  CUevent event_ = nullptr;
};

}  // namespace tensorrt_node
