#include "graph.h"

#include <utility>

#include "stream.h"

namespace tensorrt_node::standin {

Graph::Graph(Device& device, std::vector<Node> nodes)
    : device_(device), nodes_(std::move(nodes)), followers_(nodes_.size()) {
  for (size_t node = 0; node < nodes_.size(); ++node) {
    const std::vector<size_t>& after = nodes_[node].after;
    for (const size_t earlier : after) followers_[earlier].push_back(node);
    is_chain_ = is_chain_ && (node == 0 || (after.size() == 1 && after[0] == node - 1));
  }
}

void Graph::Replay(std::mt19937_64& random) const {
  if (is_chain_) {
    for (const Node& node : nodes_) node.run();
    return;
  }
  std::vector<size_t> waits_for(nodes_.size());
  std::vector<size_t> ready;
  for (size_t node = 0; node < nodes_.size(); ++node) {
    waits_for[node] = nodes_[node].after.size();
    if (waits_for[node] == 0) ready.push_back(node);
  }
  while (!ready.empty()) {
    std::swap(ready[random() % ready.size()], ready.back());
    const size_t node = ready.back();
    ready.pop_back();
    nodes_[node].run();
    for (const size_t follower : followers_[node]) {
      if (--waits_for[follower] == 0) ready.push_back(follower);
    }
  }
}

void GraphExec::Launch(Stream& stream) {
  // The lock is kept, so that launches wait for each other in the order in which streams get them.
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto done = std::make_shared<Milestone>();
  if (const auto previous = std::exchange(last_launch_, done)) stream.WaitFor(previous);
  stream.Enqueue([self = shared_from_this(), done] {
    self->graph_->Replay(self->random_);
    done->Pass();
  });
}

}  // namespace tensorrt_node::standin
