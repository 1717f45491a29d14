#include "binding/histogram_wrap.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>
#include <vector>

#include "binding/calibration_arguments.h"
#include "calibration/entropy.h"
#include "calibration/range.h"
#include "calibration/squared_error.h"

namespace tensorrt_node {
namespace {

constexpr napi_type_tag kHistogramTag = {0x9d3c5a1e7b2f4860ULL, 0xb6e80f2754a94c1dULL};

/// Time grows with them.
constexpr double kMostLevels = 65535.0;

double NumberOf(const Napi::Value& value, const char* expected) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), expected);
  return value.As<Napi::Number>().DoubleValue();
}

Histogram::State StateOf(const Napi::Object& snapshot) {
  const Napi::TypedArray counts =
      TypedArrayOf(snapshot.Get("counts"), napi_biguint64_array, "counts as a BigUint64Array");
  Histogram::State state;
  const auto* const begin = DataOf<uint64_t>(counts);
  state.counts.assign(begin, begin + counts.ElementLength());
  const double exponent = NumberOf(snapshot.Get("exponent"), "Expected an exponent");
  // What is no exponent becomes one that fits no absmax.
  state.exponent = std::fabs(exponent) < 1024.0 && exponent == std::floor(exponent)
                       ? static_cast<int>(exponent)
                       : 1024;
  const double absmax = NumberOf(snapshot.Get("absmax"), "Expected an absmax");
  state.absmax = static_cast<float>(absmax);
  if (static_cast<double>(state.absmax) != absmax) {
    throw Napi::TypeError::New(snapshot.Env(), "Expected an absmax of float32");
  }
  state.finite = WholeNumberOf(snapshot.Get("finite"), 0);
  state.zeros = WholeNumberOf(snapshot.Get("zeros"), 0);
  state.nans = WholeNumberOf(snapshot.Get("nans"), 0);
  state.infinities = WholeNumberOf(snapshot.Get("infinities"), 0);
  return state;
}

void CheckRows(Napi::Env env, FloatView values, RowFilter filter) {
  if (filter.keep == nullptr) return;
  if (filter.rows == 0 ? values.size() != 0 : values.size() % filter.rows != 0) {
    throw Napi::TypeError::New(env, "Expected rows of equal length");
  }
}

}  // namespace

Napi::Function HistogramWrap::Define(Napi::Env env) {
  return DefineClass(
      env, "Histogram",
      {InstanceMethod<&HistogramWrap::Collect>("collect"),
       InstanceMethod<&HistogramWrap::Merge>("merge"),
       InstanceMethod<&HistogramWrap::Percentile>("percentile"),
       InstanceMethod<&HistogramWrap::Entropy>("entropy"),
       InstanceMethod<&HistogramWrap::Mse>("mse"), InstanceMethod<&HistogramWrap::Error>("error"),
       InstanceMethod<&HistogramWrap::Snapshot>("snapshot")});
}

HistogramWrap::HistogramWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<HistogramWrap>(info) {
  if (!info[0].IsUndefined()) {
    if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "Expected a snapshot");
    auto restored = Histogram::Restore(StateOf(info[0].As<Napi::Object>()));
    if (!restored) {
      throw Napi::TypeError::New(
          info.Env(), "Expected the snapshot of a histogram: its numbers contradict each other");
    }
    histogram_ = std::move(*restored);
  }
  Value().TypeTag(&kHistogramTag);
}

Histogram& HistogramWrap::HistogramOf(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kHistogramTag)) {
    throw Napi::TypeError::New(value.Env(), "Expected a Histogram");
  }
  return Unwrap(value.As<Napi::Object>())->histogram_;
}

HistogramInput HistogramWrap::InputOf(const Napi::Object& item) {
  const FloatView values = FloatViewOf(item.Get("data"), item.Get("type"));
  const RowFilter filter = RowFilterOf(item.Get("keep"));
  CheckRows(item.Env(), values, filter);
  return {&HistogramOf(item.Get("histogram")), values, filter.keep, filter.rows};
}

Napi::Value HistogramWrap::CollectAllForJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Napi::TypeError::New(env, "Expected an array of items");
  const auto items = info[0].As<Napi::Array>();
  std::vector<HistogramInput> inputs;
  inputs.reserve(items.Length());
  for (uint32_t i = 0; i < items.Length(); ++i) {
    const Napi::Value item = items[i];
    if (!item.IsObject()) throw Napi::TypeError::New(env, "Expected { histogram, data, type }");
    inputs.push_back(InputOf(item.As<Napi::Object>()));
  }
  const size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  CollectAll(inputs, info[1].IsUndefined() ? processors : SizeOf(info[1]));
  return env.Undefined();
}

Napi::Value HistogramWrap::Collect(const Napi::CallbackInfo& info) {
  const FloatView values = FloatViewOf(info[0], info[1]);
  const RowFilter filter = RowFilterOf(info[2]);
  CheckRows(info.Env(), values, filter);
  if (filter.keep == nullptr) {
    histogram_.Add(values);
  } else {
    histogram_.AddRows(values, filter.keep, filter.rows);
  }
  return info.Env().Undefined();
}

Napi::Value HistogramWrap::Merge(const Napi::CallbackInfo& info) {
  histogram_.Merge(HistogramOf(info[0]));
  return info.Env().Undefined();
}

Napi::Value HistogramWrap::Percentile(const Napi::CallbackInfo& info) {
  const double percentile = NumberOf(info[0], "Expected a number");
  return Napi::Number::New(info.Env(), PercentileAmax(histogram_, percentile));
}

Napi::Value HistogramWrap::Entropy(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), EntropyAmax(histogram_));
}

Napi::Value HistogramWrap::Mse(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), MseAmax(histogram_));
}

Napi::Value HistogramWrap::Error(const Napi::CallbackInfo& info) {
  const double amax = NumberOf(info[0], "Expected a number");
  const double levels = info[1].IsUndefined() ? kInt8Levels : static_cast<double>(SizeOf(info[1]));
  if (!(amax >= 0.0) || std::isinf(amax)) {
    throw Napi::TypeError::New(info.Env(), "Expected a finite amax from 0");
  }
  if (levels > kMostLevels) {
    throw Napi::TypeError::New(info.Env(), "Expected no more levels than 16 bits have");
  }
  return Napi::Number::New(info.Env(), QuantizationError(histogram_, amax, levels));
}

Napi::Value HistogramWrap::Snapshot(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Histogram::State& state = histogram_.state();
  auto counts = Napi::BigUint64Array::New(env, state.counts.size());
  std::copy(state.counts.begin(), state.counts.end(), counts.Data());

  auto snapshot = Napi::Object::New(env);
  snapshot.Set("counts", counts);
  snapshot.Set("exponent", Napi::Number::New(env, state.exponent));
  snapshot.Set("absmax", Napi::Number::New(env, static_cast<double>(state.absmax)));
  snapshot.Set("finite", ToNumber(env, state.finite));
  snapshot.Set("zeros", ToNumber(env, state.zeros));
  snapshot.Set("nans", ToNumber(env, state.nans));
  snapshot.Set("infinities", ToNumber(env, state.infinities));
  return snapshot;
}

}  // namespace tensorrt_node
