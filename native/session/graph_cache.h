#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "cuda/graph.h"

namespace tensorrt_node {

/// The CUDA graphs of one context, the least recently used one dropped first. A key is everything
/// that a graph is only right for: shapes and addresses.
class GraphCache {
 public:
  struct Entry {
    /// Null until the work was captured.
    std::unique_ptr<Graph> graph;
    /// Why it is never captured; empty where it may be.
    std::string refusal;
  };

  explicit GraphCache(size_t capacity) : capacity_(capacity) {}
  GraphCache(const GraphCache&) = delete;
  GraphCache& operator=(const GraphCache&) = delete;

  /// The entry of a key; null where it is new, and then it is remembered.
  Entry* Find(const std::string& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return &entries_.front().second;
    }
    entries_.emplace_front(key, Entry{});
    index_[key] = entries_.begin();
    if (entries_.size() > capacity_) {
      if (entries_.back().second.graph) ++evictions_;
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return nullptr;
  }

  /// Graphs that were dropped to make room. May be read from any thread.
  size_t evictions() const { return evictions_; }

  void Clear() {
    index_.clear();
    entries_.clear();
  }

 private:
  const size_t capacity_;
  std::atomic<size_t> evictions_{0};
  std::list<std::pair<std::string, Entry>> entries_;
  std::unordered_map<std::string, std::list<std::pair<std::string, Entry>>::iterator> index_;
};

}  // namespace tensorrt_node
