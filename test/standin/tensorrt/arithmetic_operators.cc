#include "broadcast.h"
#include "operators.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::DataType;

class Identity final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  TensorType Infer(const Operands& operands) const override { return operands[0]->type; }
  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
    return operands[0]->elements;
  }
};

class Relu final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  TensorType Infer(const Operands& operands) const override { return operands[0]->type; }
  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
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
  TensorType Infer(const Operands& operands) const override {
    return TensorType{type_, operands[0]->type.shape};
  }
  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
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

  TensorType Infer(const Operands& operands) const override {
    if (operands[0]->type.type != operands[1]->type.type)
      throw Mismatch("operands differ in element type");
    return TensorType{operands[0]->type.type,
                      Broadcast(operands[0]->type.shape, operands[1]->type.shape)};
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
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

  TensorType Infer(const Operands& operands) const override {
    const Shape& left = operands[0]->type.shape;
    const Shape& right = operands[1]->type.shape;
    if (operands[0]->type.type != operands[1]->type.type)
      throw Mismatch("operands differ in element type");
    if (left.size() < 2 || right.size() < 2) throw Mismatch("matmul needs two dimensions or more");
    const int64_t inner = left.back();
    const int64_t rows = right[right.size() - 2];
    if (inner != rows && inner != -1 && rows != -1) {
      throw Mismatch("shapes " + ToText(left) + " and " + ToText(right) + " do not fit");
    }
    Shape shape = Broadcast(Batch(left), Batch(right));
    shape.push_back(left[left.size() - 2]);
    shape.push_back(right.back());
    return TensorType{operands[0]->type.type, shape};
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
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

  TensorType Infer(const Operands& operands) const override {
    TensorType result = operands[0]->type;
    if (axis_ >= result.shape.size()) throw Mismatch("sum has an axis that its operand has not");
    result.shape[axis_] = 1;
    return result;
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
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

std::unique_ptr<Operator> MakeArithmeticOperator(const std::string& name,
                                                 std::istream& attributes) {
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
  return nullptr;
}

}  // namespace tensorrt_node::standin
