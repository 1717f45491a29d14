#pragma once

#include <napi.h>

#include "calibration/collect.h"
#include "calibration/histogram.h"

namespace tensorrt_node {

/// `Histogram` of JavaScript.
class HistogramWrap final : public Napi::ObjectWrap<HistogramWrap> {
 public:
  static Napi::Function Define(Napi::Env env);

  /// [sync] collectAll(items: { histogram, data, type, keep? }[], threads?: number)
  static Napi::Value CollectAllForJs(const Napi::CallbackInfo& info);

  /// new Histogram(snapshot?: HistogramSnapshot)
  explicit HistogramWrap(const Napi::CallbackInfo& info);

 private:
  static Histogram& HistogramOf(const Napi::Value& value);
  static HistogramInput InputOf(const Napi::Object& item);

  /// [sync] collect(data: Float32Array | Uint16Array, type: string, keep?: Uint8Array)
  Napi::Value Collect(const Napi::CallbackInfo& info);
  /// [sync] merge(other: Histogram)
  Napi::Value Merge(const Napi::CallbackInfo& info);
  /// [sync] percentile(percent: number) -> amax
  Napi::Value Percentile(const Napi::CallbackInfo& info);
  /// [sync] entropy() -> amax
  Napi::Value Entropy(const Napi::CallbackInfo& info);
  /// [sync] mse() -> amax
  Napi::Value Mse(const Napi::CallbackInfo& info);
  /// [sync] error(amax: number, levels?: number) -> mean squared error
  Napi::Value Error(const Napi::CallbackInfo& info);
  /// [sync] snapshot() -> HistogramSnapshot
  Napi::Value Snapshot(const Napi::CallbackInfo& info);

  Histogram histogram_;
};

}  // namespace tensorrt_node
