#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace tensorrt_node::standin {

/// A point that a stream passes once.
class Milestone {
 public:
  using Clock = std::chrono::steady_clock;

  Milestone() = default;
  Milestone(const Milestone&) = delete;
  Milestone& operator=(const Milestone&) = delete;

  void Pass();
  bool passed() const { return passed_; }
  void Wait() const;

  /// When it was passed; only once it was.
  Clock::time_point time() const { return time_; }

  /// Calls `notify` when it is passed, on the thread that passes it, or now if it was.
  void WhenPassed(std::function<void()> notify);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::function<void()>> notify_;
  Clock::time_point time_;
  std::atomic<bool> passed_{false};
};

}  // namespace tensorrt_node::standin
