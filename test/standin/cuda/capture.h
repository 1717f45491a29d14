#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "driver_api.h"
#include "graph.h"
#include "operation.h"

namespace tensorrt_node::standin {

class Device;
class Stream;

/// What is kept of one capture sequence, from its begin to its end. `Captures` guards it.
struct Capture {
  uint64_t id;
  CUstreamCaptureMode mode;
  std::thread::id thread;
  /// Where it began and has to end.
  const Stream* origin;
  bool invalidated = false;
  bool ended = false;
  std::vector<Graph::Node> nodes;
};

/// A point in a capture: the nodes that whatever comes next has to follow.
struct CapturePoint {
  std::shared_ptr<Capture> capture;
  std::set<size_t> after;
};

/// The capture sequences that are under way in the process.
class Captures {
 public:
  Captures() = default;
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  CUresult Begin(Stream& stream, CUstreamCaptureMode mode);

  /// Ends the capture that began in `stream`, also where that is an error, except on the wrong
  /// thread. `graph` stays null at an error.
  CUresult End(Stream& stream, std::shared_ptr<const Graph>* graph);

  /// The status of a stream, and the id of its capture where there is one.
  CUstreamCaptureStatus Status(const Stream& stream, uint64_t* id = nullptr) const;

  /// Records an operation as the next one of `stream`; `operation` is moved from. None where the
  /// stream is not capturing.
  std::optional<CUresult> Record(const Stream& stream, Operation& operation);

  /// The point that a capturing stream has reached, for an event.
  std::optional<CapturePoint> Point(const Stream& stream) const;

  /// Makes the stream wait for a point of a capture, which it enters where it was in none.
  CUresult Join(const Stream& stream, const CapturePoint& point);

  /// Something happened to the stream that its capture does not survive. False where it has none.
  bool Invalidate(const Stream& stream);
  void Invalidate(const CapturePoint& point);
  /// The same for every capture that a stream of the device takes part in.
  bool Invalidate(const Device& device);
  /// The same for captures with streams of the device that wait for its default stream.
  bool InvalidateBlocking(const Device& device);

  /// Whether captures forbid calls that are not safe while one is under way to a thread in `mode`;
  /// they are invalidated.
  bool InvalidateByUnsafeCall(CUstreamCaptureMode mode);

  /// A stream is about to be destroyed. False where it was in no capture.
  bool Forget(const Stream& stream);

 private:
  struct Member {
    std::shared_ptr<Capture> capture;
    std::set<size_t> after;
  };
  using Members = std::unordered_map<const Stream*, Member>;

  /// Whether nothing is captured, found without the lock: most calls happen then.
  bool none() const { return count_ == 0; }
  bool Joined(const Capture& capture) const;
  void Close(const std::shared_ptr<Capture>& capture);

  template <typename Condition>
  bool InvalidateWhere(Condition condition);

  mutable std::mutex mutex_;
  Members members_;
  std::atomic<size_t> count_{0};
  uint64_t last_id_ = 0;
};

}  // namespace tensorrt_node::standin
