// Operators that move elements and keep their values.

#include <algorithm>

#include "broadcast.h"
#include "operators.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::DataType;

/// An operator on a tensor and the shape that it shall get, which comes as a tensor of integers.
class ToShape : public Operator {
 public:
  size_t operand_count() const override { return 2; }
  std::optional<size_t> shape_operand() const override { return 1; }

  TensorType Infer(const Operands& operands) const override {
    const Value& wanted = *operands[1];
    const bool integers =
        wanted.type.type == DataType::kINT32 || wanted.type.type == DataType::kINT64;
    if (!integers || wanted.type.shape.size() != 1 || !IsKnown(wanted.type.shape)) {
      throw Mismatch("a shape must be a list of int32 or int64 of known length");
    }
    if (!IsKnown(wanted)) return {operands[0]->type.type, Shape(wanted.type.shape[0], -1)};
    Shape shape;
    for (const Element element : wanted.elements) shape.push_back(static_cast<int64_t>(element));
    return {operands[0]->type.type, Resolve(operands[0]->type.shape, shape)};
  }

 private:
  /// The shape of the result; throws a Failure where `from` does not fit it.
  virtual Shape Resolve(const Shape& from, const Shape& wanted) const = 0;
};

/// As ONNX's Reshape: 0 keeps a dimension and -1 takes what is left.
class Reshape final : public ToShape {
 public:
  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
    return operands[0]->elements;
  }

 private:
  Shape Resolve(const Shape& from, const Shape& wanted) const override {
    Shape shape = wanted;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 0 && axis < from.size()) shape[axis] = from[axis];
    }
    if (!IsKnown(from)) return shape;
    const auto rest = std::find(shape.begin(), shape.end(), -1);
    if (rest != shape.end()) {
      *rest = 1;
      const int64_t others = ElementCount(shape);
      *rest = others == 0 ? 0 : ElementCount(from) / others;
    }
    if (IsKnown(shape) && ElementCount(shape) == ElementCount(from)) return shape;
    throw Mismatch("shape " + ToText(from) + " cannot become " + ToText(wanted));
  }
};

/// As ONNX's Expand.
class Expand final : public ToShape {
 public:
  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
    std::vector<Element> elements;
    for (const size_t index : BroadcastIndices(operands[0]->type.shape, result.shape)) {
      elements.push_back(operands[0]->elements[index]);
    }
    return elements;
  }

 private:
  Shape Resolve(const Shape& from, const Shape& wanted) const override {
    if (!IsKnown(wanted)) throw Mismatch("cannot expand to " + ToText(wanted));
    return Broadcast(from, wanted);
  }
};

/// The dimensions of the operand, as a list of int64.
class ShapeOf final : public Operator {
 public:
  size_t operand_count() const override { return 1; }
  bool reads_only_shapes() const override { return true; }
  TensorType Infer(const Operands& operands) const override {
    return {DataType::kINT64, {static_cast<int64_t>(operands[0]->type.shape.size())}};
  }
  std::vector<Element> Compute(const Operands& operands, TensorType&) const override {
    const Shape& shape = operands[0]->type.shape;
    return std::vector<Element>(shape.begin(), shape.end());
  }
};

/// Two tensors behind each other along one axis: a cache and what is new, for example.
class Concat final : public Operator {
 public:
  explicit Concat(std::istream& attributes) {
    if (!(attributes >> axis_)) throw Mismatch("concat has no axis");
  }

  size_t operand_count() const override { return 2; }

  TensorType Infer(const Operands& operands) const override {
    const TensorType& left = operands[0]->type;
    const TensorType& right = operands[1]->type;
    if (left.type != right.type) throw Mismatch("operands differ in element type");
    const bool fits = left.shape.size() == right.shape.size() && axis_ < left.shape.size();
    if (!fits) throw Mismatch("concat cannot join these shapes along this axis");
    Shape shape = left.shape;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const int64_t a = left.shape[axis];
      const int64_t b = right.shape[axis];
      const bool open = a == -1 || b == -1;
      if (axis == axis_) {
        shape[axis] = open ? -1 : a + b;
      } else if (a != b && !open) {
        throw Mismatch("shapes " + ToText(left.shape) + " and " + ToText(right.shape) +
                       " do not fit");
      } else {
        shape[axis] = std::max(a, b);
      }
    }
    return {left.type, shape};
  }

  std::vector<Element> Compute(const Operands& operands, TensorType& result) const override {
    std::vector<Element> elements;
    elements.reserve(ElementCount(result.shape));
    const size_t blocks = ElementCount(Shape(result.shape.begin(), result.shape.begin() + axis_));
    for (size_t block = 0; block < blocks; ++block) {
      for (const Value* operand : operands) {
        const size_t length = operand->elements.size() / blocks;
        const auto begin = operand->elements.begin() + block * length;
        elements.insert(elements.end(), begin, begin + length);
      }
    }
    return elements;
  }

 private:
  size_t axis_ = 0;
};

}  // namespace

std::unique_ptr<Operator> MakeLayoutOperator(const std::string& name, std::istream& attributes) {
  if (name == "reshape") return std::make_unique<Reshape>();
  if (name == "expand") return std::make_unique<Expand>();
  if (name == "shape") return std::make_unique<ShapeOf>();
  if (name == "concat") return std::make_unique<Concat>(attributes);
  return nullptr;
}

}  // namespace tensorrt_node::standin
