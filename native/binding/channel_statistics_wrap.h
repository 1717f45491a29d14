#pragma once

#include <napi.h>

#include "calibration/channel_statistics.h"

namespace tensorrt_node {

/// `ChannelStatistics` of JavaScript.
class ChannelStatisticsWrap final : public Napi::ObjectWrap<ChannelStatisticsWrap> {
 public:
  static Napi::Function Define(Napi::Env env);

  /// new ChannelStatistics(channels: number)
  explicit ChannelStatisticsWrap(const Napi::CallbackInfo& info);

 private:
  /// [sync] collect(data: Float32Array | Uint16Array, type: string, keep?: Uint8Array)
  Napi::Value Collect(const Napi::CallbackInfo& info);
  /// [sync] Float32Array, a copy
  Napi::Value Absmax(const Napi::CallbackInfo& info);
  /// [sync] Float64Array
  Napi::Value Mean(const Napi::CallbackInfo& info);
  /// [sync] the number of rows that were kept
  Napi::Value Count(const Napi::CallbackInfo& info);

  ChannelStatistics statistics_;
};

}  // namespace tensorrt_node
