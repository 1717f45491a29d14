#include "weight_store.h"

#include <utility>

namespace tensorrt_node::standin {

WeightStore::Values WeightStore::Read() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return values_;
}

void WeightStore::Write(size_t constant, std::vector<Element> elements) {
  const std::lock_guard<std::mutex> lock(mutex_);
  values_[constant] = std::move(elements);
}

void WeightStore::Borrow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++borrowers_;
}

void WeightStore::Return() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --borrowers_;
}

bool WeightStore::Borrowed() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return borrowers_ > 0;
}

}  // namespace tensorrt_node::standin
