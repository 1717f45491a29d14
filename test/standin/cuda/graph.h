#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "milestone.h"
#include "operation.h"

namespace tensorrt_node::standin {

class Device;
class Stream;

/// What a capture recorded: operations, and which of them each one follows.
class Graph {
 public:
  struct Node {
    Operation run;
    /// Nodes that come before it; their indices are smaller than its own.
    std::vector<size_t> after;
  };

  Graph(Device& device, std::vector<Node> nodes);
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  Device& device() const { return device_; }
  size_t size() const { return nodes_.size(); }

  /// Runs every node once, in an order that the graph allows: where it allows several, any of them.
  void Replay(std::mt19937_64& random) const;

 private:
  Device& device_;
  const std::vector<Node> nodes_;
  /// Of each node, those that follow it.
  std::vector<std::vector<size_t>> followers_;
  /// Whether each node follows the one before it, so that there is only one order.
  bool is_chain_ = true;
};

/// A graph that can be launched.
class GraphExec : public std::enable_shared_from_this<GraphExec> {
 public:
  GraphExec(std::shared_ptr<const Graph> graph, uint64_t seed)
      : graph_(std::move(graph)), random_(seed) {}
  GraphExec(const GraphExec&) = delete;
  GraphExec& operator=(const GraphExec&) = delete;

  const Graph& graph() const { return *graph_; }

  /// Enqueues one run of the graph, which also waits for the last launch, on whatever stream.
  void Launch(Stream& stream);

 private:
  const std::shared_ptr<const Graph> graph_;
  std::mt19937_64 random_;
  std::mutex mutex_;
  std::shared_ptr<Milestone> last_launch_;
};

}  // namespace tensorrt_node::standin
