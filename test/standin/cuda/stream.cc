#include "stream.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace tensorrt_node::standin {

struct Stream::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Operation> operations;
  uint64_t enqueued = 0;
  uint64_t completed = 0;
  bool closed = false;

  /// The next operation, or none once the queue is closed and empty.
  Operation Next() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return closed || !operations.empty(); });
    if (operations.empty()) return nullptr;
    Operation operation = std::move(operations.front());
    operations.pop_front();
    return operation;
  }

  void Complete() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      ++completed;
    }
    changed.notify_all();
  }

  void Run(std::chrono::microseconds max_delay, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int64_t> delay(0, max_delay.count());
    while (Operation operation = Next()) {
      if (max_delay.count() > 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
      }
      operation();
      // What the operation holds goes first: whoever synchronizes may count on it being released.
      operation = nullptr;
      Complete();
    }
  }
};

Stream::Stream(Device& device, Options options, std::chrono::microseconds max_delay, uint64_t seed)
    : device_(device), options_(options), queue_(std::make_shared<Queue>()) {
  std::thread([queue = queue_, max_delay, seed] { queue->Run(max_delay, seed); }).detach();
}

Stream::~Stream() {
  {
    const std::lock_guard<std::mutex> lock(queue_->mutex);
    queue_->closed = true;
  }
  queue_->changed.notify_all();
}

void Stream::Enqueue(Operation operation) {
  {
    const std::lock_guard<std::mutex> lock(queue_->mutex);
    queue_->operations.push_back(std::move(operation));
    ++queue_->enqueued;
  }
  queue_->changed.notify_all();
}

bool Stream::Idle() const {
  const std::lock_guard<std::mutex> lock(queue_->mutex);
  return queue_->completed == queue_->enqueued;
}

void Stream::Synchronize() const {
  std::unique_lock<std::mutex> lock(queue_->mutex);
  const uint64_t last = queue_->enqueued;
  queue_->changed.wait(lock, [&] { return queue_->completed >= last; });
}

}  // namespace tensorrt_node::standin
