#pragma once

#include <NvInferRuntime.h>

#include <cstddef>
#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// How the elements of an input or output lie in memory: linear, or in packs of a few channels.
class TensorFormat {
 public:
  /// Linear.
  TensorFormat() = default;
  /// `linear`, `chw2`, `chw4`, `chw16` or `chw32`, as in plans. Throws a Failure for another name.
  explicit TensorFormat(const std::string& name);

  nvinfer1::TensorFormat format() const { return format_; }
  /// Elements in a pack.
  int32_t components() const { return components_; }
  /// The dimension along which elements are packed; -1 for none.
  int32_t vectorized_dim() const { return components_ == 1 ? -1 : kChannels; }
  std::string Describe(nvinfer1::DataType type) const;

  /// Elements in memory, with those that fill up the last pack.
  size_t ElementsInMemory(const Shape& shape) const;
  /// From the order in memory to row-major order and back; what fills up becomes 0.
  std::vector<Element> Unpack(const std::vector<Element>& memory, const Shape& shape) const;
  std::vector<Element> Pack(const std::vector<Element>& elements, const Shape& shape) const;

 private:
  static constexpr int32_t kChannels = 1;

  /// For each element in row-major order, its place in memory.
  std::vector<size_t> Places(const Shape& shape) const;

  nvinfer1::TensorFormat format_ = nvinfer1::TensorFormat::kLINEAR;
  int32_t components_ = 1;
};

}  // namespace tensorrt_node::standin
