#include "binding/channel_statistics_wrap.h"

#include <algorithm>
#include <vector>

#include "binding/calibration_arguments.h"

namespace tensorrt_node {

Napi::Function ChannelStatisticsWrap::Define(Napi::Env env) {
  return DefineClass(env, "ChannelStatistics",
                     {InstanceMethod<&ChannelStatisticsWrap::Collect>("collect"),
                      InstanceAccessor<&ChannelStatisticsWrap::Absmax>("absmax"),
                      InstanceAccessor<&ChannelStatisticsWrap::Mean>("mean"),
                      InstanceAccessor<&ChannelStatisticsWrap::Count>("count")});
}

ChannelStatisticsWrap::ChannelStatisticsWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ChannelStatisticsWrap>(info), statistics_(SizeOf(info[0])) {}

Napi::Value ChannelStatisticsWrap::Collect(const Napi::CallbackInfo& info) {
  const FloatView values = FloatViewOf(info[0], info[1]);
  const RowFilter filter = RowFilterOf(info[2]);
  const size_t rows = values.size() / statistics_.channels();
  if (values.size() % statistics_.channels() != 0 ||
      (filter.keep != nullptr && filter.rows != rows)) {
    throw Napi::TypeError::New(info.Env(), "Expected rows of one value per channel");
  }
  statistics_.Add(values, filter.keep);
  return info.Env().Undefined();
}

Napi::Value ChannelStatisticsWrap::Absmax(const Napi::CallbackInfo& info) {
  const std::vector<float>& absmax = statistics_.absmax();
  auto copy = Napi::Float32Array::New(info.Env(), absmax.size());
  std::copy(absmax.begin(), absmax.end(), copy.Data());
  return copy;
}

Napi::Value ChannelStatisticsWrap::Mean(const Napi::CallbackInfo& info) {
  const std::vector<double> means = statistics_.Means();
  auto copy = Napi::Float64Array::New(info.Env(), means.size());
  std::copy(means.begin(), means.end(), copy.Data());
  return copy;
}

Napi::Value ChannelStatisticsWrap::Count(const Napi::CallbackInfo& info) {
  return ToNumber(info.Env(), statistics_.rows());
}

}  // namespace tensorrt_node
