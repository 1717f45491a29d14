#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "milestone.h"
#include "operation.h"

namespace tensorrt_node::standin {

class Device;

/// A stream: a thread that runs operations one after another, in the order they were enqueued.
class Stream {
 public:
  /// What it was created with. The priority is only a hint, and every stream has its own thread
  /// here.
  struct Options {
    unsigned flags;
    int priority;
  };

  /// Each operation first waits for a random time from 0 to `max_delay`.
  Stream(Device& device, Options options, std::chrono::microseconds max_delay, uint64_t seed);

  /// Does not wait: like the driver, what was enqueued still runs.
  ~Stream();

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device& device() const { return device_; }
  const Options& options() const { return options_; }
  /// Whether it and the default stream wait for each other.
  bool blocking() const { return options_.flags == 0; }

  void Enqueue(Operation operation);

  /// What is enqueued from now on waits until another stream has passed this.
  void WaitFor(const std::shared_ptr<Milestone>& milestone);

  /// Whether everything that was enqueued has run.
  bool Idle() const;

  /// Waits for everything that was enqueued before this call.
  void Synchronize() const;

 private:
  struct Queue;

  Device& device_;
  const Options options_;
  /// Shared with the thread, which outlives the stream while operations are left.
  const std::shared_ptr<Queue> queue_;
};

}  // namespace tensorrt_node::standin
