#pragma once

#include <napi.h>

#include <cmath>
#include <string>

#include "calibration/float_view.h"

namespace tensorrt_node {

inline Napi::TypedArray TypedArrayOf(const Napi::Value& value, napi_typedarray_type type,
                                     const char* expected) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(value.Env(), std::string("Expected ") + expected);
  }
  return value.As<Napi::TypedArray>();
}

template <typename Element>
Element* DataOf(const Napi::TypedArray& array) {
  return array.As<Napi::TypedArrayOf<Element>>().Data();
}

/// A whole number from `least` that JavaScript can hold exactly.
inline uint64_t WholeNumberOf(const Napi::Value& value, uint64_t least) {
  constexpr double kLargestSafeInteger = 9007199254740991.0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1.0;
  if (!(number >= static_cast<double>(least) && number <= kLargestSafeInteger) ||
      number != std::floor(number)) {
    throw Napi::TypeError::New(value.Env(),
                               "Expected a whole number from " + std::to_string(least));
  }
  return static_cast<uint64_t>(number);
}

inline size_t SizeOf(const Napi::Value& value) { return WholeNumberOf(value, 1); }

/// Float32Array, or a Uint16Array of float16 or bfloat16 words.
inline FloatView FloatViewOf(const Napi::Value& value, const Napi::Value& type) {
  const std::string name = type.IsString() ? type.As<Napi::String>().Utf8Value() : "";
  if (name == "float32") {
    const Napi::TypedArray array = TypedArrayOf(value, napi_float32_array, "a Float32Array");
    return {FloatType::kFloat32, DataOf<float>(array), array.ElementLength()};
  }
  if (name == "float16" || name == "bfloat16") {
    const Napi::TypedArray array = TypedArrayOf(value, napi_uint16_array, "a Uint16Array");
    return {name == "float16" ? FloatType::kFloat16 : FloatType::kBFloat16, DataOf<uint16_t>(array),
            array.ElementLength()};
  }
  throw Napi::TypeError::New(value.Env(), "Expected 'float32', 'float16' or 'bfloat16'");
}

/// One byte for each row of a tensor; no array stands for no choice of rows.
struct RowFilter {
  const uint8_t* keep = nullptr;
  size_t rows = 0;
};

inline RowFilter RowFilterOf(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  const Napi::TypedArray keep = TypedArrayOf(value, napi_uint8_array, "a Uint8Array");
  // An empty array may have no memory, and must not be taken for none.
  static constexpr uint8_t kNoRows = 0;
  const uint8_t* const data = DataOf<uint8_t>(keep);
  return {data == nullptr ? &kNoRows : data, keep.ElementLength()};
}

/// Values above 2^53 lose their last digits, which no calibration reaches.
inline Napi::Number ToNumber(Napi::Env env, uint64_t count) {
  return Napi::Number::New(env, static_cast<double>(count));
}

}  // namespace tensorrt_node
