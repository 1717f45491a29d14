#pragma once

#include <napi.h>

namespace tensorrt_node {

/// Adds the class `Histogram` and the function `quantizeWeights` to the exports of the addon.
/// Their types are in lib/quantize/native-calibration.ts, and arguments are validated there; here
/// only what memory safety needs is checked again. Everything is synchronous.
void RegisterCalibration(Napi::Env env, Napi::Object exports);

}  // namespace tensorrt_node
