#include "event.h"

#include <memory>
#include <utility>

#include "stream.h"

namespace tensorrt_node::standin {

void Event::Record(Stream& stream) {
  // An operation must be copyable and a promise is not, hence the shared pointer.
  const auto point = std::make_shared<std::promise<Clock::time_point>>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    passing_ = point->get_future().share();
    captured_.reset();
  }
  stream.Enqueue([point] { point->set_value(Clock::now()); });
}

void Event::Record(CapturePoint point) {
  const std::lock_guard<std::mutex> lock(mutex_);
  captured_ = std::move(point);
}

Event::Passing Event::passing() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return passing_;
}

std::optional<CapturePoint> Event::captured() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return captured_;
}

}  // namespace tensorrt_node::standin
