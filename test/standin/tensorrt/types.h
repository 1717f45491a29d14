#pragma once

#include <NvInferRuntime.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace tensorrt_node::standin {

/// -1 stands for a dimension that is not known yet.
using Shape = std::vector<int64_t>;

struct TensorType {
  nvinfer1::DataType type;
  Shape shape;
};

/// Elements are computed in a type that holds every value of every element type exactly.
using Element = long double;
static_assert(sizeof(Element) > sizeof(double), "an Element must hold every 64-bit integer");

/// Before an inference, a tensor has its elements only where shapes depend on them.
struct Value {
  TensorType type;
  std::vector<Element> elements;
};
using Operands = std::vector<const Value*>;

/// What went wrong inside the stand-in, with the code to report to TensorRT's error recorder.
class Failure : public std::runtime_error {
 public:
  Failure(nvinfer1::ErrorCode code, const std::string& message)
      : std::runtime_error(message), code_(code) {}

  nvinfer1::ErrorCode code() const { return code_; }

 private:
  nvinfer1::ErrorCode code_;
};

bool IsKnown(const Shape& shape);
/// Whether the elements are there.
bool IsKnown(const Value& value);
int64_t ElementCount(const Shape& shape);
nvinfer1::Dims ToDims(const Shape& shape);
Shape FromDims(const nvinfer1::Dims& dims);
/// `Dims{-1, {}}`: TensorRT's answer where there is no shape.
nvinfer1::Dims NoDims();

/// `[2,-1]`, the notation of plans and messages.
std::string ToText(const Shape& shape);
Shape ParseShape(const std::string& text);
/// Any integers in the notation of shapes.
std::vector<int64_t> ParseIntegers(const std::string& text);

/// `float32`, `int64`, ...: the notation of plans and messages.
std::string ToText(nvinfer1::DataType type);
nvinfer1::DataType ParseDataType(const std::string& text);

size_t BytesOf(nvinfer1::DataType type);
size_t BytesOf(const TensorType& type);

std::vector<Element> FromBytes(nvinfer1::DataType type, const std::vector<std::byte>& bytes);
/// Throws where an element does not fit the type.
std::vector<std::byte> ToBytes(nvinfer1::DataType type, const std::vector<Element>& elements);

}  // namespace tensorrt_node::standin
