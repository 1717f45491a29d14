#include "binding/calibration.h"

#include "binding/channel_statistics_wrap.h"
#include "binding/histogram_wrap.h"
#include "binding/weight_functions.h"

namespace tensorrt_node {

void RegisterCalibration(Napi::Env env, Napi::Object exports) {
  exports.Set("Histogram", HistogramWrap::Define(env));
  exports.Set("collectAll", Napi::Function::New<HistogramWrap::CollectAllForJs>(env, "collectAll"));
  exports.Set("ChannelStatistics", ChannelStatisticsWrap::Define(env));
  RegisterWeightFunctions(env, exports);
}

}  // namespace tensorrt_node
