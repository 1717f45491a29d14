// Operators that choose elements by what they are.

#include <algorithm>

#include "broadcast.h"
#include "operators.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::DataType;

int64_t CountOf(const Shape& shape) { return IsKnown(shape) ? ElementCount(shape) : -1; }

/// As ONNX's NonZero: the indices of the elements that are not zero, int64 [rank, count].
class NonZero final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  bool data_dependent() const override { return true; }

  TensorType Infer(const Operands& operands) const override {
    return {DataType::kINT64, {static_cast<int64_t>(operands[0]->type.shape.size()), -1}};
  }

  TensorType Bound(const Operands& operands) const override {
    TensorType result = Infer(operands);
    result.shape[1] = CountOf(operands[0]->type.shape);
    return result;
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
    const Value& from = *operands[0];
    std::vector<size_t> found;
    for (size_t flat = 0; flat < from.elements.size(); ++flat) {
      if (from.elements[flat] != 0) found.push_back(flat);
    }
    result.shape[1] = static_cast<int64_t>(found.size());
    std::vector<Element> indices(ElementCount(result.shape));
    int64_t stride = 1;
    for (size_t axis = from.type.shape.size(); axis-- > 0;) {
      for (size_t i = 0; i < found.size(); ++i) {
        indices[axis * found.size() + i] =
            static_cast<int64_t>(found[i]) / stride % from.type.shape[axis];
      }
      stride *= from.type.shape[axis];
    }
    return indices;
  }
};

/// As ONNX's Compress along the first axis: the rows whose place in a list of bool is true.
class Compress final : public Operator {
 public:
  size_t operand_count() const override { return 2; }
  bool data_dependent() const override { return true; }

  TensorType Infer(const Operands& operands) const override {
    TensorType result = Bound(operands);
    result.shape[0] = -1;
    return result;
  }

  TensorType Bound(const Operands& operands) const override {
    const TensorType& rows = operands[0]->type;
    const TensorType& mask = operands[1]->type;
    const bool lists = !rows.shape.empty() && mask.shape.size() == 1;
    if (!lists || mask.type != DataType::kBOOL) throw Mismatch("compress needs a list of bool");
    const bool open = rows.shape[0] == -1 || mask.shape[0] == -1;
    if (!open && rows.shape[0] != mask.shape[0]) {
      throw Mismatch("shapes " + ToText(rows.shape) + " and " + ToText(mask.shape) + " do not fit");
    }
    return rows;
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
    const std::vector<Element>& mask = operands[1]->elements;
    result.shape[0] = std::count_if(mask.begin(), mask.end(), [](Element e) { return e != 0; });
    std::vector<Element> elements;
    const auto rows = operands[0]->elements.begin();
    const size_t row_size = mask.empty() ? 0 : operands[0]->elements.size() / mask.size();
    for (size_t row = 0; row < mask.size(); ++row) {
      if (mask[row] == 0) continue;
      elements.insert(elements.end(), rows + row * row_size, rows + (row + 1) * row_size);
    }
    return elements;
  }
};

/// The index of the largest element along the last axis, which stays with length 1; the first one
/// of equals. int64.
class ArgMax final : public Operator {
 public:
  size_t operand_count() const override { return 1; }

  TensorType Infer(const Operands& operands) const override {
    TensorType result{DataType::kINT64, operands[0]->type.shape};
    if (result.shape.empty()) throw Mismatch("argmax needs a dimension");
    result.shape.back() = 1;
    return result;
  }

  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
    const std::vector<Element>& from = operands[0]->elements;
    const int64_t length = operands[0]->type.shape.back();
    std::vector<Element> elements;
    for (auto row = from.begin(); row < from.end(); row += length) {
      elements.push_back(std::max_element(row, row + length) - row);
    }
    return elements;
  }
};

}  // namespace

std::unique_ptr<Operator> MakeSelectingOperator(const std::string& name, std::istream&) {
  if (name == "nonzero") return std::make_unique<NonZero>();
  if (name == "compress") return std::make_unique<Compress>();
  if (name == "argmax") return std::make_unique<ArgMax>();
  return nullptr;
}

}  // namespace tensorrt_node::standin
