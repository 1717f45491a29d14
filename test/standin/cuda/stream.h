#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace tensorrt_node::standin {

class Device;

/// A stream: a thread that runs operations one after another, in the order they were enqueued.
class Stream {
 public:
  using Operation = std::function<void()>;

  /// Each operation first waits for a random time from 0 to `max_delay`.
  Stream(Device& device, std::chrono::microseconds max_delay, uint64_t seed);

  /// Does not wait: like the driver, what was enqueued still runs.
  ~Stream();

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device& device() const { return device_; }

  void Enqueue(Operation operation);

  /// Whether everything that was enqueued has run.
  bool Idle() const;

  /// Waits for everything that was enqueued before this call.
  void Synchronize() const;

 private:
  struct Queue;

  Device& device_;
  /// Shared with the thread, which outlives the stream while operations are left.
  const std::shared_ptr<Queue> queue_;
};

}  // namespace tensorrt_node::standin
