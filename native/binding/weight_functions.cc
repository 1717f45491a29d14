#include "binding/weight_functions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "binding/calibration_arguments.h"
#include "binding/promise_worker.h"
#include "calibration/quantize_weights.h"

namespace tensorrt_node {
namespace {

/// A quantization whose arguments were checked and whose results have their memory, for this
/// thread or another one to do.
class WeightOperation {
 public:
  /// `quantize` returns whether all weights are finite. It may use the memory of `inputs`.
  WeightOperation(const std::vector<Napi::TypedArray>& inputs, const Napi::TypedArray& values,
                  const Napi::TypedArray& scales, std::function<bool()> quantize)
      : values_(Napi::Persistent(values.As<Napi::Object>())),
        scales_(Napi::Persistent(scales.As<Napi::Object>())),
        quantize_(std::move(quantize)) {
    for (const Napi::TypedArray& input : inputs) {
      inputs_.push_back(Napi::Persistent(input.As<Napi::Object>()));
    }
  }

  void Run() { finite_ = quantize_(); }

  /// { values, scales }, or null when a weight is not finite.
  Napi::Value Result(Napi::Env env) const {
    if (!finite_) return env.Null();
    auto result = Napi::Object::New(env);
    result.Set("values", values_.Value());
    result.Set("scales", scales_.Value());
    return result;
  }

 private:
  std::vector<Napi::ObjectReference> inputs_;
  Napi::ObjectReference values_;
  Napi::ObjectReference scales_;
  std::function<bool()> quantize_;
  bool finite_ = false;
};

/// Three factors whose product is the number of weights, checked by division, since the product of
/// absurd sizes wraps around.
struct WeightSizes {
  size_t outer;
  size_t middle;
  size_t inner;
};

WeightSizes WeightSizesOf(const Napi::CallbackInfo& info, size_t size) {
  const WeightSizes sizes = {SizeOf(info[1]), SizeOf(info[2]), SizeOf(info[3])};
  if (size % sizes.outer != 0 || size / sizes.outer % sizes.middle != 0 ||
      size / sizes.outer / sizes.middle != sizes.inner) {
    throw Napi::TypeError::New(info.Env(), "Expected as many weights as the product of the sizes");
  }
  return sizes;
}

Napi::TypedArray AmaxOf(const Napi::Value& value, size_t channels) {
  const Napi::TypedArray array = TypedArrayOf(value, napi_float32_array, "amax as a Float32Array");
  const auto* const amax = DataOf<float>(array);
  const size_t size = array.ElementLength();
  const auto is_range = [](float largest) { return largest >= 0.0F && std::isfinite(largest); };
  if (size != channels || !std::all_of(amax, amax + size, is_range)) {
    throw Napi::TypeError::New(value.Env(), "Expected a finite amax from 0 for each channel");
  }
  return array;
}

/// (weights: Float32Array, outer, channels, inner, amax?: Float32Array) -> values: Int8Array
WeightOperation PrepareWeights(const Napi::CallbackInfo& info) {
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const auto [outer, channels, inner] = WeightSizesOf(info, weights.ElementLength());
  const ChannelLayout layout = {outer, channels, inner};
  std::vector<Napi::TypedArray> inputs = {weights};
  if (!info[4].IsUndefined()) inputs.push_back(AmaxOf(info[4], channels));
  const float* const amax = inputs.size() > 1 ? DataOf<float>(inputs[1]) : nullptr;

  auto values = Napi::Int8Array::New(info.Env(), weights.ElementLength());
  auto scales = Napi::Float32Array::New(info.Env(), channels);
  return {inputs, values, scales,
          [from = DataOf<float>(weights), layout, amax, to = values.Data(), by = scales.Data()] {
            return QuantizeWeights(from, layout, amax, to, by);
          }};
}

/// (weights: Float32Array, outer, channels, inner) -> values: Uint8Array
WeightOperation PrepareFloat8(const Napi::CallbackInfo& info) {
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const auto [outer, channels, inner] = WeightSizesOf(info, weights.ElementLength());
  const ChannelLayout layout = {outer, channels, inner};
  auto values = Napi::Uint8Array::New(info.Env(), weights.ElementLength());
  auto scales = Napi::Float32Array::New(info.Env(), channels);
  return {{weights},
          values,
          scales,
          [from = DataOf<float>(weights), layout, to = values.Data(), by = scales.Data()] {
            return QuantizeFloat8(from, layout, to, by);
          }};
}

/// (weights: Float32Array, outer, length, inner, blockSize, bits: 4 | 8) -> values: Int8Array
WeightOperation PrepareBlocks(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::TypedArray weights = TypedArrayOf(info[0], napi_float32_array, "a Float32Array");
  const auto [outer, length, inner] = WeightSizesOf(info, weights.ElementLength());
  // A block longer than the axis is the whole axis.
  const size_t block = std::min(SizeOf(info[4]), length);
  const uint64_t bits = WholeNumberOf(info[5], 1);
  if (bits != 4 && bits != 8) throw Napi::TypeError::New(env, "Expected 4 or 8 bits");

  const BlockLayout layout = {outer, length, inner, block};
  auto values = Napi::Int8Array::New(env, weights.ElementLength());
  auto scales = Napi::Float32Array::New(env, outer * layout.blocks() * inner);
  return {{weights},
          values,
          scales,
          [from = DataOf<float>(weights), layout, bits = static_cast<int>(bits), to = values.Data(),
           by = scales.Data()] { return QuantizeBlocks(from, layout, bits, to, by); }};
}

using PrepareWeightOperation = WeightOperation (*)(const Napi::CallbackInfo&);

template <PrepareWeightOperation prepare>
Napi::Value Quantize(const Napi::CallbackInfo& info) {
  WeightOperation operation = prepare(info);
  operation.Run();
  return operation.Result(info.Env());
}

template <PrepareWeightOperation prepare>
Napi::Value StartQuantize(const Napi::CallbackInfo& info) {
  return PromiseWorker<WeightOperation>::Start(info.Env(), "tensorrt_node.quantizeWeights",
                                               prepare(info));
}

template <PrepareWeightOperation prepare>
void RegisterBoth(Napi::Env env, Napi::Object exports, const std::string& name) {
  exports.Set(name, Napi::Function::New<Quantize<prepare>>(env, name));
  const std::string promising = name + "Async";
  exports.Set(promising, Napi::Function::New<StartQuantize<prepare>>(env, promising));
}

}  // namespace

void RegisterWeightFunctions(Napi::Env env, Napi::Object exports) {
  RegisterBoth<PrepareWeights>(env, exports, "quantizeWeights");
  RegisterBoth<PrepareFloat8>(env, exports, "quantizeFloat8");
  RegisterBoth<PrepareBlocks>(env, exports, "quantizeBlocks");
}

}  // namespace tensorrt_node
