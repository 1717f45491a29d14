#include "event.h"

#include <memory>

#include "stream.h"

namespace tensorrt_node::standin {

void Event::Record(Stream& stream) {
  // An operation must be copyable and a promise is not, hence the shared pointer.
  const auto point = std::make_shared<std::promise<Clock::time_point>>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    passing_ = point->get_future().share();
  }
  stream.Enqueue([point] { point->set_value(Clock::now()); });
}

Event::Passing Event::passing() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return passing_;
}

}  // namespace tensorrt_node::standin
