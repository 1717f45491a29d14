#include "operators.h"

#include <algorithm>
#include <functional>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::DataType;
using nvinfer1::ErrorCode;

Failure Mismatch(const std::string& message) {
  return Failure(ErrorCode::kINVALID_ARGUMENT, message);
}

/// NumPy's rule: shapes are aligned at their last dimension, and 1 stretches.
Shape Broadcast(const Shape& left, const Shape& right) {
  Shape result(std::max(left.size(), right.size()));
  for (size_t back = 1; back <= result.size(); ++back) {
    const int64_t a = back <= left.size() ? left[left.size() - back] : 1;
    const int64_t b = back <= right.size() ? right[right.size() - back] : 1;
    const bool fits = a == b || a == 1 || b == 1 || a == -1 || b == -1;
    if (!fits) throw Mismatch("shapes " + ToText(left) + " and " + ToText(right) + " do not fit");
    result[result.size() - back] = a == 1 || (a == -1 && b != 1) ? b : a;
  }
  return result;
}

/// For each element of `to`, in row-major order, the element of `from` that it is broadcast from.
std::vector<size_t> BroadcastIndices(const Shape& from, const Shape& to) {
  std::vector<size_t> indices(ElementCount(to));
  for (size_t flat = 0; flat < indices.size(); ++flat) {
    size_t rest = flat;
    size_t stride = 1;
    for (size_t back = 1; back <= from.size(); ++back) {
      const int64_t dim = from[from.size() - back];
      const int64_t target_dim = to[to.size() - back];
      if (dim != 1) indices[flat] += rest % target_dim * stride;
      rest /= target_dim;
      stride *= dim;
    }
  }
  return indices;
}

class Constant final : public Operator {
 public:
  explicit Constant(std::istream& attributes) {
    std::string type;
    std::string shape;
    attributes >> type >> shape;
    type_ = TensorType{ParseDataType(type), ParseShape(shape)};
    if (!IsKnown(type_.shape)) throw Mismatch("a constant has a shape with open dimensions");
    for (Element element; attributes >> element;) elements_.push_back(element);
    if (static_cast<int64_t>(elements_.size()) != ElementCount(type_.shape)) {
      throw Mismatch("a constant of shape " + ToText(type_.shape) + " has " +
                     std::to_string(elements_.size()) + " elements");
    }
  }

  size_t operand_count() const override { return 0; }
  TensorType Infer(const std::vector<TensorType>&) const override { return type_; }
  std::vector<Element> Compute(const std::vector<const Value*>&, const TensorType&) const override {
    return elements_;
  }
  size_t weight_bytes() const override { return BytesOf(type_); }

 private:
  TensorType type_;
  std::vector<Element> elements_;
};

class Identity final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  TensorType Infer(const std::vector<TensorType>& operands) const override { return operands[0]; }
  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType&) const override {
    return operands[0]->elements;
  }
};

class Relu final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  TensorType Infer(const std::vector<TensorType>& operands) const override { return operands[0]; }
  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType&) const override {
    std::vector<Element> elements = operands[0]->elements;
    // A NaN stays a NaN.
    for (Element& element : elements) element = element < 0 ? 0 : element;
    return elements;
  }
};

class Cast final : public Operator {
 public:
  explicit Cast(std::istream& attributes) {
    std::string type;
    attributes >> type;
    type_ = ParseDataType(type);
  }

  size_t operand_count() const override { return 1; }
  TensorType Infer(const std::vector<TensorType>& operands) const override {
    return TensorType{type_, operands[0].shape};
  }
  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType&) const override {
    return FromBytes(type_, ToBytes(type_, operands[0]->elements));
  }

 private:
  DataType type_;
};

/// Element by element, with broadcasting.
class Elementwise final : public Operator {
 public:
  using Combine = Element (*)(Element, Element);

  explicit Elementwise(Combine combine) : combine_(combine) {}

  size_t operand_count() const override { return 2; }

  TensorType Infer(const std::vector<TensorType>& operands) const override {
    if (operands[0].type != operands[1].type) throw Mismatch("operands differ in element type");
    return TensorType{operands[0].type, Broadcast(operands[0].shape, operands[1].shape)};
  }

  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType& result) const override {
    const auto left = BroadcastIndices(operands[0]->type.shape, result.shape);
    const auto right = BroadcastIndices(operands[1]->type.shape, result.shape);
    std::vector<Element> elements(left.size());
    for (size_t flat = 0; flat < elements.size(); ++flat) {
      elements[flat] =
          combine_(operands[0]->elements[left[flat]], operands[1]->elements[right[flat]]);
    }
    return elements;
  }

 private:
  Combine combine_;
};

/// [..., m, k] x [..., k, n] -> [..., m, n].
class MatMul final : public Operator {
 public:
  size_t operand_count() const override { return 2; }

  TensorType Infer(const std::vector<TensorType>& operands) const override {
    const Shape& left = operands[0].shape;
    const Shape& right = operands[1].shape;
    if (operands[0].type != operands[1].type) throw Mismatch("operands differ in element type");
    if (left.size() < 2 || right.size() < 2) throw Mismatch("matmul needs two dimensions or more");
    const int64_t inner = left.back();
    const int64_t rows = right[right.size() - 2];
    if (inner != rows && inner != -1 && rows != -1) {
      throw Mismatch("shapes " + ToText(left) + " and " + ToText(right) + " do not fit");
    }
    Shape shape = Broadcast(Batch(left), Batch(right));
    shape.push_back(left[left.size() - 2]);
    shape.push_back(right.back());
    return TensorType{operands[0].type, shape};
  }

  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType& result) const override {
    const Shape& left = operands[0]->type.shape;
    const Shape& right = operands[1]->type.shape;
    const size_t m = left[left.size() - 2];
    const size_t k = left.back();
    const size_t n = right.back();
    const auto left_batch = BroadcastIndices(Batch(left), Batch(result.shape));
    const auto right_batch = BroadcastIndices(Batch(right), Batch(result.shape));
    std::vector<Element> elements;
    for (size_t batch = 0; batch < left_batch.size(); ++batch) {
      const Element* a = operands[0]->elements.data() + left_batch[batch] * m * k;
      const Element* b = operands[1]->elements.data() + right_batch[batch] * k * n;
      for (size_t row = 0; row < m; ++row) {
        for (size_t column = 0; column < n; ++column) {
          Element sum = 0;
          for (size_t i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + column];
          elements.push_back(sum);
        }
      }
    }
    return elements;
  }

 private:
  static Shape Batch(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }
};

/// The sum over one axis, which stays with length 1.
class Sum final : public Operator {
 public:
  explicit Sum(std::istream& attributes) {
    if (!(attributes >> axis_)) throw Mismatch("sum has no axis");
  }

  size_t operand_count() const override { return 1; }

  TensorType Infer(const std::vector<TensorType>& operands) const override {
    TensorType result = operands[0];
    if (axis_ >= result.shape.size()) throw Mismatch("sum has an axis that its operand has not");
    result.shape[axis_] = 1;
    return result;
  }

  std::vector<Element> Compute(const std::vector<const Value*>& operands,
                               const TensorType& result) const override {
    const auto target = BroadcastIndices(result.shape, operands[0]->type.shape);
    std::vector<Element> elements(ElementCount(result.shape));
    for (size_t flat = 0; flat < target.size(); ++flat) {
      elements[target[flat]] += operands[0]->elements[flat];
    }
    return elements;
  }

 private:
  size_t axis_ = 0;
};

}  // namespace

std::unique_ptr<Operator> MakeOperator(const std::string& name, std::istream& attributes) {
  if (name == "constant") return std::make_unique<Constant>(attributes);
  if (name == "identity") return std::make_unique<Identity>();
  if (name == "relu") return std::make_unique<Relu>();
  if (name == "cast") return std::make_unique<Cast>(attributes);
  if (name == "add") {
    return std::make_unique<Elementwise>([](Element a, Element b) { return a + b; });
  }
  if (name == "mul") {
    return std::make_unique<Elementwise>([](Element a, Element b) { return a * b; });
  }
  if (name == "matmul") return std::make_unique<MatMul>();
  if (name == "sum") return std::make_unique<Sum>(attributes);
  throw Failure(ErrorCode::kUNSUPPORTED_STATE, "operator '" + name + "' is not implemented");
}

}  // namespace tensorrt_node::standin
