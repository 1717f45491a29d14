#pragma once

#include <napi.h>

namespace tensorrt_node {

/// Adds the classes and functions of calibration to the exports of the addon. Their types are in
/// lib/quantize/calibration/native-calibration.ts.
void RegisterCalibration(Napi::Env env, Napi::Object exports);

}  // namespace tensorrt_node
