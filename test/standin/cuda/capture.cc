#include "capture.h"

#include <algorithm>
#include <utility>

#include "stream.h"

namespace tensorrt_node::standin {

CUresult Captures::Begin(Stream& stream, CUstreamCaptureMode mode) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (members_.count(&stream) != 0) return CUDA_ERROR_ILLEGAL_STATE;
  auto capture = std::make_shared<Capture>();
  capture->id = ++last_id_;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = &stream;
  members_[&stream] = Member{std::move(capture), {}};
  ++count_;
  return CUDA_SUCCESS;
}

CUresult Captures::End(Stream& stream, std::shared_ptr<const Graph>* graph) {
  // Outlives the lock: what nodes hold may call the driver when it is released.
  std::vector<Graph::Node> nodes;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto member = members_.find(&stream);
  if (member == members_.end()) return CUDA_ERROR_ILLEGAL_STATE;
  const std::shared_ptr<Capture> capture = member->second.capture;
  if (capture->origin != &stream) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  const bool same_thread = capture->thread == std::this_thread::get_id();
  if (!same_thread && capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED) {
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  }
  const bool joined = Joined(*capture);
  Close(capture);
  nodes = std::move(capture->nodes);
  if (capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!joined) return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  *graph = std::make_shared<Graph>(stream.device(), std::move(nodes));
  return CUDA_SUCCESS;
}

CUstreamCaptureStatus Captures::Status(const Stream& stream, uint64_t* id) const {
  if (none()) return CU_STREAM_CAPTURE_STATUS_NONE;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto member = members_.find(&stream);
  if (member == members_.end()) return CU_STREAM_CAPTURE_STATUS_NONE;
  const Capture& capture = *member->second.capture;
  if (id != nullptr) *id = capture.id;
  return capture.invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                             : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

std::optional<CUresult> Captures::Record(const Stream& stream, Operation& operation) {
  if (none()) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto member = members_.find(&stream);
  if (member == members_.end()) return std::nullopt;
  auto& [capture, after] = member->second;
  if (capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  capture->nodes.push_back(Graph::Node{std::move(operation), {after.begin(), after.end()}});
  after = {capture->nodes.size() - 1};
  return CUDA_SUCCESS;
}

std::optional<CapturePoint> Captures::Point(const Stream& stream) const {
  if (none()) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto member = members_.find(&stream);
  if (member == members_.end()) return std::nullopt;
  return CapturePoint{member->second.capture, member->second.after};
}

CUresult Captures::Join(const Stream& stream, const CapturePoint& point) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (point.capture->ended) return CUDA_ERROR_CAPTURED_EVENT;
  const auto [member, entered] = members_.try_emplace(&stream, Member{point.capture, {}});
  auto& [capture, after] = member->second;
  if (capture != point.capture) {
    capture->invalidated = true;
    point.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_MERGE;
  }
  if (capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  after.insert(point.after.begin(), point.after.end());
  return CUDA_SUCCESS;
}

template <typename Condition>
bool Captures::InvalidateWhere(Condition condition) {
  if (none()) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  bool any = false;
  for (const auto& [stream, member] : members_) {
    if (!condition(*stream, *member.capture)) continue;
    member.capture->invalidated = true;
    any = true;
  }
  return any;
}

bool Captures::Invalidate(const Stream& stream) {
  return InvalidateWhere([&](const Stream& member, const Capture&) { return &member == &stream; });
}

void Captures::Invalidate(const CapturePoint& point) {
  const std::lock_guard<std::mutex> lock(mutex_);
  point.capture->invalidated = true;
}

bool Captures::Invalidate(const Device& device) {
  return InvalidateWhere(
      [&](const Stream& member, const Capture&) { return &member.device() == &device; });
}

bool Captures::InvalidateBlocking(const Device& device) {
  return InvalidateWhere([&](const Stream& member, const Capture&) {
    return &member.device() == &device && member.blocking();
  });
}

bool Captures::InvalidateByUnsafeCall(CUstreamCaptureMode mode) {
  if (mode == CU_STREAM_CAPTURE_MODE_RELAXED) return false;
  const bool heeds_others = mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
  return InvalidateWhere([&](const Stream&, const Capture& capture) {
    const bool own = capture.thread == std::this_thread::get_id();
    return own ? capture.mode != CU_STREAM_CAPTURE_MODE_RELAXED
               : heeds_others && capture.mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
  });
}

bool Captures::Forget(const Stream& stream) {
  if (none()) return false;
  std::vector<Graph::Node> nodes;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto member = members_.find(&stream);
  if (member == members_.end()) return false;
  const std::shared_ptr<Capture> capture = member->second.capture;
  capture->invalidated = true;
  if (capture->origin == &stream) {
    Close(capture);
    nodes = std::move(capture->nodes);
  } else {
    members_.erase(member);
  }
  return true;
}

/// Whether everything that was recorded in other streams comes before the point that the origin has
/// reached.
bool Captures::Joined(const Capture& capture) const {
  std::set<size_t> reached = members_.at(capture.origin).after;
  for (size_t node = capture.nodes.size(); node-- > 0;) {
    if (reached.count(node) == 0) return false;
    reached.insert(capture.nodes[node].after.begin(), capture.nodes[node].after.end());
  }
  return true;
}

void Captures::Close(const std::shared_ptr<Capture>& capture) {
  capture->ended = true;
  --count_;
  for (auto member = members_.begin(); member != members_.end();) {
    member = member->second.capture == capture ? members_.erase(member) : std::next(member);
  }
}

}  // namespace tensorrt_node::standin
