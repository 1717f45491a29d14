#include "types.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <type_traits>

#include "../common/environment.h"
#include "narrow_float.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::DataType;
using nvinfer1::ErrorCode;

struct TypeEntry {
  DataType type;
  const char* name;
  size_t bytes;
  std::vector<Element> (*decode)(const std::vector<std::byte>&);
  std::vector<std::byte> (*encode)(const std::vector<Element>&);
};

template <typename T>
std::vector<Element> Decode(const std::vector<std::byte>& bytes) {
  std::vector<Element> elements(bytes.size() / sizeof(T));
  for (size_t index = 0; index < elements.size(); ++index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    elements[index] = value;
  }
  return elements;
}

template <typename T>
T Narrow(Element element) {
  if constexpr (std::is_integral_v<T>) {
    // Written so that a NaN does not fit either.
    const bool fits = element >= Element{std::numeric_limits<T>::min()} &&
                      element <= Element{std::numeric_limits<T>::max()};
    if (!fits) {
      throw Failure(ErrorCode::kFAILED_EXECUTION, "a result does not fit its integer type");
    }
  }
  return static_cast<T>(element);
}

template <typename T>
std::vector<std::byte> Encode(const std::vector<Element>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(T));
  for (size_t index = 0; index < elements.size(); ++index) {
    const T value = Narrow<T>(elements[index]);
    std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

template <typename Format, typename Bits>
std::vector<Element> DecodeNarrow(const std::vector<std::byte>& bytes) {
  std::vector<Element> elements = Decode<Bits>(bytes);
  for (Element& element : elements) element = Format::Decode(static_cast<Bits>(element));
  return elements;
}

template <typename Format, typename Bits>
std::vector<std::byte> EncodeNarrow(const std::vector<Element>& elements) {
  std::vector<Element> codes;
  for (const Element element : elements) codes.push_back(Format::Encode(element));
  return Encode<Bits>(codes);
}

constexpr TypeEntry kTypes[] = {
    {DataType::kFLOAT, "float32", 4, Decode<float>, Encode<float>},
    {DataType::kHALF, "float16", 2, DecodeNarrow<Float16, uint16_t>,
     EncodeNarrow<Float16, uint16_t>},
    {DataType::kBF16, "bfloat16", 2, DecodeNarrow<BFloat16, uint16_t>,
     EncodeNarrow<BFloat16, uint16_t>},
    {DataType::kFP8, "float8", 1, DecodeNarrow<Float8E4M3, uint8_t>,
     EncodeNarrow<Float8E4M3, uint8_t>},
    {DataType::kINT8, "int8", 1, Decode<int8_t>, Encode<int8_t>},
    {DataType::kUINT8, "uint8", 1, Decode<uint8_t>, Encode<uint8_t>},
    {DataType::kBOOL, "bool", 1, Decode<uint8_t>, Encode<uint8_t>},
    {DataType::kINT32, "int32", 4, Decode<int32_t>, Encode<int32_t>},
    {DataType::kINT64, "int64", 8, Decode<int64_t>, Encode<int64_t>},
};

const TypeEntry& Entry(DataType type) {
  for (const TypeEntry& entry : kTypes) {
    if (entry.type == type) return entry;
  }
  throw Failure(ErrorCode::kINVALID_ARGUMENT, "the element type is not implemented");
}

}  // namespace

bool IsKnown(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](int64_t dim) { return dim >= 0; });
}

bool IsKnown(const Value& value) {
  const Shape& shape = value.type.shape;
  return IsKnown(shape) && ElementCount(shape) == static_cast<int64_t>(value.elements.size());
}

int64_t ElementCount(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

nvinfer1::Dims ToDims(const Shape& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims = static_cast<int32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), dims.d);
  return dims;
}

Shape FromDims(const nvinfer1::Dims& dims) {
  const bool valid = dims.nbDims >= 0 && dims.nbDims <= nvinfer1::Dims::MAX_DIMS;
  if (!valid) throw Failure(ErrorCode::kINVALID_ARGUMENT, "the number of dimensions is not valid");
  return Shape(dims.d, dims.d + dims.nbDims);
}

nvinfer1::Dims NoDims() {
  nvinfer1::Dims dims{};
  dims.nbDims = -1;
  return dims;
}

std::string ToText(const Shape& shape) {
  std::string text = "[";
  for (const int64_t dim : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(dim);
  }
  return text + ']';
}

std::vector<int64_t> ParseIntegers(const std::string& text) {
  const Failure malformed(ErrorCode::kINVALID_ARGUMENT,
                          "'" + text + "' is no list of integers as in [2,-1]");
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') throw malformed;
  std::vector<int64_t> values;
  for (const std::string& part : Split(text.substr(1, text.size() - 2), ',')) {
    const bool number = !part.empty() && part.find_first_not_of("-0123456789") == std::string::npos;
    if (!number) throw malformed;
    values.push_back(std::stoll(part));
  }
  return values;
}

Shape ParseShape(const std::string& text) {
  Shape shape = ParseIntegers(text);
  if (shape.size() <= nvinfer1::Dims::MAX_DIMS) return shape;
  throw Failure(ErrorCode::kINVALID_ARGUMENT, "'" + text + "' has too many dimensions");
}

std::string ToText(DataType type) { return Entry(type).name; }

DataType ParseDataType(const std::string& text) {
  for (const TypeEntry& entry : kTypes) {
    if (entry.name == text) return entry.type;
  }
  throw Failure(ErrorCode::kINVALID_ARGUMENT, "element type '" + text + "' is not implemented");
}

size_t BytesOf(DataType type) { return Entry(type).bytes; }

size_t BytesOf(const TensorType& type) { return ElementCount(type.shape) * BytesOf(type.type); }

std::vector<Element> FromBytes(DataType type, const std::vector<std::byte>& bytes) {
  return Entry(type).decode(bytes);
}

std::vector<std::byte> ToBytes(DataType type, const std::vector<Element>& elements) {
  return Entry(type).encode(elements);
}

}  // namespace tensorrt_node::standin
