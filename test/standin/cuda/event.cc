#include "event.h"

#include <memory>
#include <utility>

#include "stream.h"

namespace tensorrt_node::standin {

void Event::Record(Stream& stream) {
  const auto milestone = std::make_shared<Milestone>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    milestone_ = milestone;
    captured_.reset();
  }
  stream.Enqueue([milestone] { milestone->Pass(); });
}

void Event::Record(CapturePoint point) {
  const std::lock_guard<std::mutex> lock(mutex_);
  captured_ = std::move(point);
}

std::shared_ptr<Milestone> Event::milestone() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return milestone_;
}

std::optional<CapturePoint> Event::captured() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return captured_;
}

}  // namespace tensorrt_node::standin
