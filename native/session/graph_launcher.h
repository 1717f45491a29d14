#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "cuda/stream.h"
#include "session/graph_cache.h"
#include "session/job_timer.h"
#include "session/lane.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// Launches the work of one execution context as CUDA graphs, where it comes again and can be
/// captured. Must go before the context and the stream.
class GraphLauncher {
 public:
  /// @param capacity - graphs to keep.
  GraphLauncher(std::shared_ptr<const Device> device, const Engine& engine,
                ExecutionContext& context, const Stream& stream, size_t capacity);
  GraphLauncher(const GraphLauncher&) = delete;
  GraphLauncher& operator=(const GraphLauncher&) = delete;

  /// Launches what the context is bound to, which is what the lane says.
  /// @return "enqueue", "graph", "capture", or the reason why no graph could be used.
  std::string Launch(Lane& lane, JobTimer* timer);

  /// Drops all graphs.
  void Clear() { graphs_.Clear(); }

  /// Graphs that were dropped to make room. May be read from any thread.
  size_t evictions() const { return graphs_.evictions(); }

 private:
  std::string WhyNoGraph(Lane& lane) const;
  std::string CaptureAndVerify(Lane& lane, GraphCache::Entry& entry, JobTimer* timer);
  void Enqueue(JobTimer* timer);
  void Enqueue(const Graph& graph, JobTimer* timer);

  const std::shared_ptr<const Device> device_;
  const CudaDriver& driver_;
  ExecutionContext& context_;
  const Stream& stream_;
  // Why no job can be captured; empty where some can.
  const std::string never_captured_;
  GraphCache graphs_;
};

}  // namespace tensorrt_node
