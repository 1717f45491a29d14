#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace tensorrt_node::standin {

/// Objects behind opaque handles. A handle is never given twice, also not to another kind of
/// object, so that use after destruction is always found.
template <typename Handle, typename Object>
class HandleTable {
 public:
  explicit HandleTable(std::atomic<uintptr_t>& next_handle) : next_handle_(next_handle) {}
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  Handle Add(std::shared_ptr<Object> object) {
    const auto handle = reinterpret_cast<Handle>(next_handle_.fetch_add(kStep));
    const std::lock_guard<std::mutex> lock(mutex_);
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  /// Null for what is no handle of this table, or no longer.
  std::shared_ptr<Object> Find(Handle handle) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }

  bool Remove(Handle handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return objects_.erase(handle) == 1;
  }

  template <typename Visitor>
  void ForEach(Visitor visit) const {
    // A copy, so that a visitor may wait without keeping others from the table.
    std::unordered_map<Handle, std::shared_ptr<Object>> objects;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      objects = objects_;
    }
    for (const auto& [handle, object] : objects) visit(*object);
  }

  size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return objects_.size();
  }

 private:
  /// Handles look like aligned pointers, as the driver's do.
  static constexpr uintptr_t kStep = 16;

  std::atomic<uintptr_t>& next_handle_;
  mutable std::mutex mutex_;
  std::unordered_map<Handle, std::shared_ptr<Object>> objects_;
};

}  // namespace tensorrt_node::standin
