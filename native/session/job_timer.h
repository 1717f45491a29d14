#pragma once

#include <memory>

#include "cuda/event.h"

namespace tensorrt_node {

/// How long the parts of a job took on the device.
struct JobTimes {
  float copy_in_ms = 0;
  float compute_ms = 0;
  float copy_out_ms = 0;
};

/// A stretch of one stream between two events.
class Stretch {
 public:
  explicit Stretch(const std::shared_ptr<const Device>& device)
      : begin_(device, Event::Timing::kOn), end_(device, Event::Timing::kOn) {}

  void Begin(const Stream& stream) { begin_.Record(stream); }
  void End(const Stream& stream) { end_.Record(stream); }
  float milliseconds() const { return end_.MillisecondsSince(begin_); }

 private:
  Event begin_;
  Event end_;
};

/// Times one job; made only for jobs that are to be timed, because events cost time themselves.
struct JobTimer {
  explicit JobTimer(const std::shared_ptr<const Device>& device)
      : copy_in(device), compute(device), copy_out(device) {}

  JobTimes Times() const {
    return {copy_in.milliseconds(), compute.milliseconds(), copy_out.milliseconds()};
  }

  Stretch copy_in;
  Stretch compute;
  Stretch copy_out;
};

}  // namespace tensorrt_node
