#pragma once

#include <mutex>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// The present values of an engine's constants. Inferences read them when they run, so that those
/// that run after a refit see its numbers.
class WeightStore {
 public:
  /// Nothing where the plan was stripped of the values.
  using Values = std::vector<std::vector<Element>>;

  explicit WeightStore(Values values) : values_(std::move(values)) {}
  WeightStore(const WeightStore&) = delete;
  WeightStore& operator=(const WeightStore&) = delete;

  Values Read() const;
  void Write(size_t constant, std::vector<Element> elements);

  /// An inference that uses the values begins or ends.
  void Borrow();
  void Return();
  /// Whether an inference uses the values at this moment.
  bool Borrowed() const;

 private:
  mutable std::mutex mutex_;
  Values values_;
  int borrowers_ = 0;
};

}  // namespace tensorrt_node::standin
