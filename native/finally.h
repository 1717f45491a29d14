#pragma once

#include <type_traits>
#include <utility>

namespace tensorrt_node {

/// Runs a function at the end of the scope, however that is left. The function must not throw.
template <typename Function>
class Finally {
 public:
  explicit Finally(Function function) : function_(std::move(function)) {}
  ~Finally() { function_(); }
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

 private:
  Function function_;
};

}  // namespace tensorrt_node
