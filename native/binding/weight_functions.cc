#include "binding/weight_functions.h"

#include <algorithm>
#include <cmath>

#include "binding/calibration_arguments.h"
#include "calibration/quantize_weights.h"

namespace tensorrt_node {
namespace {

/// Three factors whose product is the number of weights, checked by division, since the product of
/// absurd sizes wraps around.
struct Shape {
  size_t outer;
  size_t middle;
  size_t inner;
};

Shape ShapeOf(const Napi::CallbackInfo& info, size_t size) {
  const Shape shape = {SizeOf(info[1]), SizeOf(info[2]), SizeOf(info[3])};
  if (size % shape.outer != 0 || size / shape.outer % shape.middle != 0 ||
      size / shape.outer / shape.middle != shape.inner) {
    throw Napi::TypeError::New(info.Env(), "Expected as many weights as the product of the sizes");
  }
  return shape;
}

const float* AmaxOf(const Napi::Value& value, size_t channels) {
  if (value.IsUndefined()) return nullptr;
  const Napi::TypedArray array = TypedArrayOf(value, napi_float32_array, "amax as a Float32Array");
  const auto* const amax = DataOf<float>(array);
  const size_t size = array.ElementLength();
  const auto is_range = [](float largest) { return largest >= 0.0F && std::isfinite(largest); };
  if (size != channels || !std::all_of(amax, amax + size, is_range)) {
    throw Napi::TypeError::New(value.Env(), "Expected a finite amax from 0 for each channel");
  }
  return amax;
}

Napi::Value QuantizedWeights(Napi::Env env, const Napi::TypedArray& values,
                             const Napi::TypedArray& scales) {
  auto result = Napi::Object::New(env);
  result.Set("values", values);
  result.Set("scales", scales);
  return result;
}

}  // namespace

Napi::Value QuantizeWeightsForJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const Shape shape = ShapeOf(info, weights.ElementLength());
  const float* const amax = AmaxOf(info[4], shape.middle);
  auto values = Napi::Int8Array::New(env, weights.ElementLength());
  auto scales = Napi::Float32Array::New(env, shape.middle);
  const bool finite =
      QuantizeWeights(DataOf<float>(weights), {shape.outer, shape.middle, shape.inner}, amax,
                      values.Data(), scales.Data());
  return finite ? QuantizedWeights(env, values, scales) : env.Null();
}

Napi::Value QuantizeFloat8ForJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const Shape shape = ShapeOf(info, weights.ElementLength());
  auto values = Napi::Uint8Array::New(env, weights.ElementLength());
  auto scales = Napi::Float32Array::New(env, shape.middle);
  const bool finite =
      QuantizeFloat8(DataOf<float>(weights), {shape.outer, shape.middle, shape.inner},
                     values.Data(), scales.Data());
  return finite ? QuantizedWeights(env, values, scales) : env.Null();
}

Napi::Value QuantizeBlocksForJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const Shape shape = ShapeOf(info, weights.ElementLength());
  // A block longer than the axis is the whole axis.
  const size_t block = std::min(SizeOf(info[4]), shape.middle);
  const uint64_t bits = WholeNumberOf(info[5], 1);
  if (bits != 4 && bits != 8) throw Napi::TypeError::New(env, "Expected 4 or 8 bits");

  const BlockLayout layout = {shape.outer, shape.middle, shape.inner, block};
  auto values = Napi::Int8Array::New(env, weights.ElementLength());
  auto scales = Napi::Float32Array::New(env, layout.outer * layout.blocks() * layout.inner);
  const bool finite = QuantizeBlocks(DataOf<float>(weights), layout, static_cast<int>(bits),
                                     values.Data(), scales.Data());
  return finite ? QuantizedWeights(env, values, scales) : env.Null();
}

}  // namespace tensorrt_node
