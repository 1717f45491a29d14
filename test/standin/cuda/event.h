#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "capture.h"
#include "milestone.h"

namespace tensorrt_node::standin {

class Device;
class Stream;

/// An event: the point that a stream had reached when the event was last recorded.
class Event {
 public:
  Event(Device& device, bool timed) : device_(device), timed_(timed) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  Device& device() const { return device_; }
  bool timed() const { return timed_; }

  void Record(Stream& stream);
  void Record(CapturePoint point);

  /// That of the last record; null where the event was never recorded.
  std::shared_ptr<Milestone> milestone() const;

  /// Where the last record was captured: no point that anybody passes.
  std::optional<CapturePoint> captured() const;

 private:
  Device& device_;
  const bool timed_;
  mutable std::mutex mutex_;
  std::shared_ptr<Milestone> milestone_;
  std::optional<CapturePoint> captured_;
};

}  // namespace tensorrt_node::standin
