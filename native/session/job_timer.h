#pragma once

#include <algorithm>
#include <chrono>
#include <memory>

#include "cuda/event.h"

namespace tensorrt_node {

/// The clock of the host, on which the times of all jobs lie.
using JobClock = std::chrono::steady_clock;

/// A part of a job: when it began, and how long it took.
struct JobPart {
  JobClock::time_point start;
  float milliseconds = 0;
};

struct JobTimes {
  /// The host's part of launching the work, which it does not wait for.
  JobPart enqueue;
  // On the device.
  JobPart copy_in;
  JobPart compute;
  JobPart copy_out;
};

/// A point in a stream, and when the host asked for it: before the device could pass it.
class Mark {
 public:
  explicit Mark(const std::shared_ptr<const Device>& device) : event_(device, Event::Timing::kOn) {}

  void Set(const Stream& stream) {
    asked_ = JobClock::now();
    event_.Record(stream);
  }

  /// Of a mark that the device passes later.
  float MillisecondsTo(const Mark& later) const { return later.event_.MillisecondsSince(event_); }

  /// Before this the device cannot have passed a mark behind this one.
  JobClock::time_point EarliestOf(const Mark& later) const {
    return asked_ + ToTicks(MillisecondsTo(later));
  }

  static JobClock::duration ToTicks(float milliseconds) {
    return std::chrono::duration_cast<JobClock::duration>(
        std::chrono::duration<double, std::milli>(milliseconds));
  }

 private:
  Event event_;
  JobClock::time_point asked_;
};

/// A stretch of one stream between two marks; of no length where only its beginning was marked.
class Stretch {
 public:
  explicit Stretch(const std::shared_ptr<const Device>& device) : begin_(device), end_(device) {}

  void Begin(const Stream& stream) {
    begin_.Set(stream);
    ended_ = false;
  }
  void End(const Stream& stream) {
    end_.Set(stream);
    ended_ = true;
  }

  const Mark& begin() const { return begin_; }
  float milliseconds() const { return ended_ ? begin_.MillisecondsTo(end_) : 0; }

 private:
  Mark begin_;
  Mark end_;
  bool ended_ = false;
};

/// Times one job after the other; made only where jobs are to be timed, because events cost time
/// themselves.
class JobTimer {
 public:
  explicit JobTimer(const std::shared_ptr<const Device>& device)
      : copy_in(device), compute(device), copy_out(device), turn_(device) {}

  /// The job has its turn on the compute stream, which is idle: the device passes this mark as soon
  /// as the host asks for it, and so ties its clock to the host's.
  void Turn(const Stream& stream) { turn_.Set(stream); }

  /// Launches the work of the job. Of several launches the last one counts.
  template <typename Launch>
  void Enqueue(const Stream& stream, Launch launch) {
    compute.Begin(stream);
    enqueued_ = JobClock::now();
    launch();
    launched_ = JobClock::now();
    compute.End(stream);
  }

  /// When the job is done.
  JobTimes Times() const {
    // Two bounds, and the later is the better: the copy may have stood in line behind another's,
    // the turn may have come late.
    const Mark& computing = compute.begin();
    const JobClock::time_point computed =
        std::max(turn_.EarliestOf(computing), copy_in.begin().EarliestOf(computing));
    const auto before = Mark::ToTicks(copy_in.begin().MillisecondsTo(computing));
    const auto after = Mark::ToTicks(computing.MillisecondsTo(copy_out.begin()));
    const std::chrono::duration<float, std::milli> enqueue = launched_ - enqueued_;
    return {{enqueued_, enqueue.count()},
            {computed - before, copy_in.milliseconds()},
            {computed, compute.milliseconds()},
            {computed + after, copy_out.milliseconds()}};
  }

  Stretch copy_in;
  Stretch compute;
  Stretch copy_out;

 private:
  Mark turn_;
  JobClock::time_point enqueued_;
  JobClock::time_point launched_;
};

/// Launches work of a job that is timed, or of one that is not.
template <typename Launch>
void LaunchTimed(JobTimer* timer, const Stream& stream, Launch launch) {
  if (timer == nullptr) return launch();
  timer->Enqueue(stream, launch);
}

}  // namespace tensorrt_node
