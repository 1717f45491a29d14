#pragma once

#include <napi.h>

namespace tensorrt_node {

/// Adds quantizeWeights, quantizeFloat8 and quantizeBlocks to the exports of the addon, and each
/// once more as a function that works on the thread pool and returns a promise.
void RegisterWeightFunctions(Napi::Env env, Napi::Object exports);

}  // namespace tensorrt_node
