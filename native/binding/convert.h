#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "cuda/device.h"
#include "tensorrt/api.h"

// JavaScript values to C++ and back. lib/ has validated them; a wrong type here ends in a
// JavaScript exception by node-addon-api, never in a wrong read.

namespace tensorrt_node {

inline Dims ToDims(Napi::Value value) {
  const auto array = value.As<Napi::Array>();
  Dims dims(array.Length());
  for (uint32_t i = 0; i < dims.size(); ++i) {
    dims[i] = array.Get(i).As<Napi::Number>().Int64Value();
  }
  return dims;
}

/// Empty for undefined.
inline std::string ToText(Napi::Value value) {
  return value.IsUndefined() ? std::string() : value.As<Napi::String>().Utf8Value();
}

/// Nothing for undefined.
template <typename T>
std::optional<T> ToOptional(Napi::Value value) {
  if (value.IsUndefined()) return std::nullopt;
  return static_cast<T>(value.As<Napi::Number>().Int64Value());
}

inline size_t ToSize(Napi::Value value) {
  return static_cast<size_t>(value.As<Napi::Number>().Int64Value());
}

inline Napi::Array FromDims(Napi::Env env, const Dims& dims) {
  Napi::Array array = Napi::Array::New(env, dims.size());
  for (uint32_t i = 0; i < dims.size(); ++i) array.Set(i, static_cast<double>(dims[i]));
  return array;
}

inline std::vector<std::string> ToStrings(Napi::Value value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> strings(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) strings[i] = array.Get(i).As<Napi::String>();
  return strings;
}

inline Napi::Array FromStrings(Napi::Env env, const std::vector<std::string>& strings) {
  Napi::Array array = Napi::Array::New(env, strings.size());
  for (uint32_t i = 0; i < strings.size(); ++i) array.Set(i, strings[i]);
  return array;
}

inline Napi::Object FromMemoryInfo(Napi::Env env, const MemoryInfo& memory) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("freeBytes", static_cast<double>(memory.free_bytes));
  result.Set("totalBytes", static_cast<double>(memory.total_bytes));
  return result;
}

/// The bytes behind a typed array.
struct ByteView {
  const uint8_t* data;
  size_t size;
};

inline size_t BytesPerElement(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;
  }
}

/// Of a typed array. One call into Node-API; Napi::TypedArray takes several, on the way of every
/// inference.
inline ByteView ToBytes(Napi::Value value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "Expected a typed array");
  napi_typedarray_type type = napi_int8_array;
  size_t elements = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(value.Env(), value, &type, &elements, &data, nullptr, nullptr);
  if (status != napi_ok) throw Napi::Error::New(value.Env());
  return {static_cast<const uint8_t*>(data), elements * BytesPerElement(type)};
}

inline std::vector<uint8_t> ToByteVector(Napi::Value value) {
  const ByteView bytes = ToBytes(value);
  return {bytes.data, bytes.data + bytes.size};
}

}  // namespace tensorrt_node
