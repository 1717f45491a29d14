#include "stream.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace tensorrt_node::standin {

// Threads are woken only where they have something to do: with many short operations, waking them
// is most of what a stream costs.
struct Stream::Queue {
  /// An operation, or a milestone to wait for.
  struct Item {
    Operation run;
    std::shared_ptr<Milestone> after;

    bool ready() const { return after == nullptr || after->passed(); }
  };

  static constexpr uint64_t kNobody = UINT64_MAX;

  std::mutex mutex;
  /// For the thread of the stream, which `sleeps` until then.
  std::condition_variable work;
  bool sleeps = false;
  /// For those who wait until so much is completed; `wake_at` is the least of what they wait for.
  std::condition_variable progress;
  uint64_t wake_at = kNobody;
  std::deque<Item> items;
  uint64_t enqueued = 0;
  uint64_t completed = 0;
  bool closed = false;

  void Push(Item item) {
    Change([&] {
      items.push_back(std::move(item));
      ++enqueued;
    });
  }

  void Close() {
    Change([&] { closed = true; });
  }

  /// What the first item waits for has happened.
  void Poke() {
    Change([] {});
  }

  /// The next item once it may run, or none once the queue is closed and empty.
  std::optional<Item> Next() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!HasNext()) {
      sleeps = true;
      work.wait(lock);
    }
    sleeps = false;
    if (items.empty()) return std::nullopt;
    Item item = std::move(items.front());
    items.pop_front();
    return item;
  }

  void Complete() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      ++completed;
      if (completed < wake_at) return;
      wake_at = kNobody;
    }
    progress.notify_all();
  }

  void Synchronize() {
    std::unique_lock<std::mutex> lock(mutex);
    const uint64_t last = enqueued;
    while (completed < last) {
      wake_at = std::min(wake_at, last);
      progress.wait(lock);
    }
  }

  void Run(std::chrono::microseconds max_delay, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int64_t> delay(0, max_delay.count());
    while (std::optional<Item> item = Next()) {
      if (item->run) {
        if (max_delay.count() > 0) {
          std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
        }
        item->run();
      }
      // What the operation holds goes first: whoever synchronizes may count on it being released.
      item.reset();
      Complete();
    }
  }

 private:
  bool HasNext() const { return items.empty() ? closed : items.front().ready(); }

  /// Wakes the thread after the lock, which else it would have to wait for again.
  template <typename Body>
  void Change(Body body) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      body();
      if (!sleeps || !HasNext()) return;
      sleeps = false;
    }
    work.notify_one();
  }
};

Stream::Stream(Device& device, Options options, std::chrono::microseconds max_delay, uint64_t seed)
    : device_(device), options_(options), queue_(std::make_shared<Queue>()) {
  std::thread([queue = queue_, max_delay, seed] { queue->Run(max_delay, seed); }).detach();
}

Stream::~Stream() { queue_->Close(); }

void Stream::Enqueue(Operation operation) { queue_->Push({std::move(operation), nullptr}); }

void Stream::WaitFor(const std::shared_ptr<Milestone>& milestone) {
  if (milestone->passed()) return;
  queue_->Push({nullptr, milestone});
  milestone->WhenPassed([queue = queue_] { queue->Poke(); });
}

bool Stream::Idle() const {
  const std::lock_guard<std::mutex> lock(queue_->mutex);
  return queue_->completed == queue_->enqueued;
}

void Stream::Synchronize() const { queue_->Synchronize(); }

}  // namespace tensorrt_node::standin
