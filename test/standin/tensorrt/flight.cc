#include "flight.h"

#include <utility>

namespace tensorrt_node::standin {

bool Flight::Begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (std::exchange(in_flight_, true)) return false;
  ++*all_;
  return true;
}

void Flight::End() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    in_flight_ = false;
    --*all_;
  }
  landed_.notify_all();
}

bool Flight::InFlight() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_flight_;
}

void Flight::Wait() const {
  std::unique_lock<std::mutex> lock(mutex_);
  landed_.wait(lock, [this] { return !in_flight_; });
}

}  // namespace tensorrt_node::standin
