#include "binding/calibration.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "calibration/histogram.h"
#include "calibration/quantize_weights.h"
#include "calibration/range.h"

namespace tensorrt_node {
namespace {

constexpr napi_type_tag kHistogramTag = {0x9d3c5a1e7b2f4860ULL, 0xb6e80f2754a94c1dULL};

/// Values above 2^53 lose their last digits, which no calibration reaches.
Napi::Number ToNumber(Napi::Env env, uint64_t count) {
  return Napi::Number::New(env, static_cast<double>(count));
}

Napi::TypedArray TypedArrayOf(const Napi::Value& value, napi_typedarray_type type,
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

size_t SizeOf(const Napi::Value& value) {
  constexpr double kLargestSafeInteger = 9007199254740991.0;
  const double size = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0.0;
  if (!(size >= 1.0 && size <= kLargestSafeInteger) || size != std::floor(size)) {
    throw Napi::TypeError::New(value.Env(), "Expected a whole number from 1");
  }
  return static_cast<size_t>(size);
}

/// Float32Array, or a Uint16Array of float16 or bfloat16 words.
FloatView FloatViewOf(const Napi::Value& value, const Napi::Value& type) {
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

class HistogramWrap final : public Napi::ObjectWrap<HistogramWrap> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Histogram",
                       {InstanceMethod<&HistogramWrap::Collect>("collect"),
                        InstanceMethod<&HistogramWrap::Merge>("merge"),
                        InstanceMethod<&HistogramWrap::PercentileRange>("percentile"),
                        InstanceMethod<&HistogramWrap::Snapshot>("snapshot")});
  }

  explicit HistogramWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<HistogramWrap>(info) {
    Value().TypeTag(&kHistogramTag);
  }

 private:
  /// [sync] collect(data: Float32Array | Uint16Array, type: string, keep?: Uint8Array)
  Napi::Value Collect(const Napi::CallbackInfo& info) {
    const FloatView values = FloatViewOf(info[0], info[1]);
    if (info[2].IsUndefined()) {
      histogram_.Add(values);
      return info.Env().Undefined();
    }
    const Napi::TypedArray keep = TypedArrayOf(info[2], napi_uint8_array, "a Uint8Array");
    const size_t rows = keep.ElementLength();
    if (rows == 0 ? values.size() != 0 : values.size() % rows != 0) {
      throw Napi::TypeError::New(info.Env(), "Expected rows of equal length");
    }
    histogram_.AddRows(values, DataOf<uint8_t>(keep), rows);
    return info.Env().Undefined();
  }

  /// [sync] merge(other: Histogram)
  Napi::Value Merge(const Napi::CallbackInfo& info) {
    if (!info[0].IsObject() || !info[0].As<Napi::Object>().CheckTypeTag(&kHistogramTag)) {
      throw Napi::TypeError::New(info.Env(), "Expected a Histogram");
    }
    histogram_.Merge(Unwrap(info[0].As<Napi::Object>())->histogram_);
    return info.Env().Undefined();
  }

  /// [sync] percentile(percent: number) -> amax
  Napi::Value PercentileRange(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "Expected a number");
    const double percentile = info[0].As<Napi::Number>().DoubleValue();
    return Napi::Number::New(info.Env(), PercentileAmax(histogram_, percentile));
  }

  /// [sync] snapshot() -> HistogramSnapshot
  Napi::Value Snapshot(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto& counts = histogram_.counts();
    auto copy = Napi::BigUint64Array::New(env, counts.size());
    std::copy(counts.begin(), counts.end(), copy.Data());

    auto snapshot = Napi::Object::New(env);
    snapshot.Set("counts", copy);
    snapshot.Set("exponent", Napi::Number::New(env, histogram_.exponent()));
    snapshot.Set("absmax", Napi::Number::New(env, static_cast<double>(histogram_.absmax())));
    snapshot.Set("finite", ToNumber(env, histogram_.finite()));
    snapshot.Set("zeros", ToNumber(env, histogram_.zeros()));
    snapshot.Set("nans", ToNumber(env, histogram_.nans()));
    snapshot.Set("infinities", ToNumber(env, histogram_.infinities()));
    return snapshot;
  }

  Histogram histogram_;
};

/// [sync] quantizeWeights(weights: Float32Array, outer: number, channels: number, inner: number)
/// -> { values, scales }, or null when a weight is not finite.
Napi::Value QuantizeWeightsFunction(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const ChannelLayout layout = {SizeOf(info[1]), SizeOf(info[2]), SizeOf(info[3])};
  const size_t size = weights.ElementLength();
  // By division, since the product of absurd sizes wraps around.
  if (size % layout.outer != 0 || size / layout.outer % layout.channels != 0 ||
      size / layout.outer / layout.channels != layout.inner) {
    throw Napi::TypeError::New(env, "Expected as many weights as outer * channels * inner");
  }

  auto values = Napi::Int8Array::New(env, size);
  auto scales = Napi::Float32Array::New(env, layout.channels);
  if (!QuantizeWeights(DataOf<float>(weights), layout, values.Data(), scales.Data())) {
    return env.Null();
  }
  auto result = Napi::Object::New(env);
  result.Set("values", values);
  result.Set("scales", scales);
  return result;
}

}  // namespace

void RegisterCalibration(Napi::Env env, Napi::Object exports) {
  exports.Set("Histogram", HistogramWrap::Define(env));
  exports.Set("quantizeWeights",
              Napi::Function::New<QuantizeWeightsFunction>(env, "quantizeWeights"));
}

}  // namespace tensorrt_node
