#pragma once

#include <chrono>
#include <future>
#include <mutex>
#include <optional>

#include "capture.h"

namespace tensorrt_node::standin {

class Device;
class Stream;

/// An event: the point that a stream had reached when the event was last recorded.
class Event {
 public:
  using Clock = std::chrono::steady_clock;
  /// When the stream passed the point; ready once it has.
  using Passing = std::shared_future<Clock::time_point>;

  Event(Device& device, bool timed) : device_(device), timed_(timed) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  Device& device() const { return device_; }
  bool timed() const { return timed_; }

  void Record(Stream& stream);
  void Record(CapturePoint point);

  /// Of the last record; not `valid()` where the event was never recorded.
  Passing passing() const;

  /// Where the last record was captured: no point that anybody passes.
  std::optional<CapturePoint> captured() const;

 private:
  Device& device_;
  const bool timed_;
  mutable std::mutex mutex_;
  Passing passing_;
  std::optional<CapturePoint> captured_;
};

}  // namespace tensorrt_node::standin
