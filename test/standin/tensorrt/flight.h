#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace tensorrt_node::standin {

/// Whether an execution context has a job on its way.
class Flight {
 public:
  /// `all` counts the jobs of all contexts of an engine.
  explicit Flight(std::shared_ptr<std::atomic<int>> all) : all_(std::move(all)) {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  /// False where a job is on its way already.
  bool Begin();
  void End();
  bool InFlight() const;
  void Wait() const;

  /// The execution context is gone; only graphs can still hold jobs of it.
  void Retire() { retired_ = true; }
  bool retired() const { return retired_; }

 private:
  const std::shared_ptr<std::atomic<int>> all_;
  mutable std::mutex mutex_;
  mutable std::condition_variable landed_;
  bool in_flight_ = false;
  std::atomic<bool> retired_{false};
};

}  // namespace tensorrt_node::standin
