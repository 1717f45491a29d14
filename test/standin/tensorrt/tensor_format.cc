#include "tensor_format.h"

#include <numeric>

#include "plan_text.h"

namespace tensorrt_node::standin {

namespace {

struct FormatEntry {
  const char* name;
  nvinfer1::TensorFormat format;
  int32_t components;
  const char* description;
};

constexpr FormatEntry kFormats[] = {
    {"linear", nvinfer1::TensorFormat::kLINEAR, 1, "Row-major linear"},
    {"chw2", nvinfer1::TensorFormat::kCHW2, 2, "Two-wide channel vectorized row-major"},
    {"chw4", nvinfer1::TensorFormat::kCHW4, 4, "Four-wide channel vectorized row-major"},
    {"chw16", nvinfer1::TensorFormat::kCHW16, 16, "Sixteen-wide channel vectorized row-major"},
    {"chw32", nvinfer1::TensorFormat::kCHW32, 32, "Thirty-two-wide channel vectorized row-major"},
};

/// `FP32`, `INT64`: as TensorRT writes them in descriptions.
std::string ShortName(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return "FP32";
    case nvinfer1::DataType::kHALF:
      return "FP16";
    case nvinfer1::DataType::kBF16:
      return "BF16";
    case nvinfer1::DataType::kFP8:
      return "FP8";
    default:
      break;
  }
  std::string name = ToText(type);
  for (char& letter : name) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return name;
}

}  // namespace

TensorFormat::TensorFormat(const std::string& name) {
  for (const FormatEntry& entry : kFormats) {
    if (entry.name != name) continue;
    format_ = entry.format;
    components_ = entry.components;
    return;
  }
  throw Malformed("'" + name + "' is no tensor format");
}

std::string TensorFormat::Describe(nvinfer1::DataType type) const {
  for (const FormatEntry& entry : kFormats) {
    if (entry.format == format_) return entry.description + (' ' + ShortName(type)) + " format";
  }
  return "";
}

std::vector<size_t> TensorFormat::Places(const Shape& shape) const {
  std::vector<size_t> places(ElementCount(shape));
  if (components_ == 1) {
    std::iota(places.begin(), places.end(), size_t{0});
    return places;
  }
  const size_t channels = shape[kChannels];
  const size_t packs = (channels + components_ - 1) / components_;
  const size_t pixels = ElementCount(Shape(shape.begin() + kChannels + 1, shape.end()));
  for (size_t flat = 0; flat < places.size(); ++flat) {
    const size_t pixel = flat % pixels;
    const size_t channel = flat / pixels % channels;
    const size_t image = flat / pixels / channels;
    const size_t pack = image * packs + channel / components_;
    places[flat] = (pack * pixels + pixel) * components_ + channel % components_;
  }
  return places;
}

size_t TensorFormat::ElementsInMemory(const Shape& shape) const {
  if (components_ == 1) return ElementCount(shape);
  Shape filled = shape;
  filled[kChannels] = (filled[kChannels] + components_ - 1) / components_ * components_;
  return ElementCount(filled);
}

std::vector<Element> TensorFormat::Unpack(const std::vector<Element>& memory,
                                          const Shape& shape) const {
  std::vector<Element> elements;
  for (const size_t place : Places(shape)) elements.push_back(memory[place]);
  return elements;
}

std::vector<Element> TensorFormat::Pack(const std::vector<Element>& elements,
                                        const Shape& shape) const {
  std::vector<Element> memory(ElementsInMemory(shape));
  const std::vector<size_t> places = Places(shape);
  for (size_t flat = 0; flat < places.size(); ++flat) memory[places[flat]] = elements[flat];
  return memory;
}

}  // namespace tensorrt_node::standin
