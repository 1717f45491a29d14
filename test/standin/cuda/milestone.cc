#include "milestone.h"

#include <utility>

namespace tensorrt_node::standin {

void Milestone::Pass() {
  std::vector<std::function<void()>> notify;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    time_ = Clock::now();
    passed_ = true;
    notify.swap(notify_);
  }
  changed_.notify_all();
  for (const auto& call : notify) call();
}

void Milestone::Wait() const {
  if (passed()) return;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return passed(); });
}

void Milestone::WhenPassed(std::function<void()> notify) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!passed()) return notify_.push_back(std::move(notify));
  }
  notify();
}

}  // namespace tensorrt_node::standin
