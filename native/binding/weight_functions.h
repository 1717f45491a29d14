#pragma once

#include <napi.h>

namespace tensorrt_node {

/// [sync] quantizeWeights(weights: Float32Array, outer, channels, inner, amax?: Float32Array)
/// -> { values: Int8Array, scales: Float32Array }, or null when a weight is not finite.
Napi::Value QuantizeWeightsForJs(const Napi::CallbackInfo& info);

/// [sync] quantizeFloat8(weights: Float32Array, outer, channels, inner)
/// -> { values: Uint8Array, scales: Float32Array }, or null when a weight is not finite.
Napi::Value QuantizeFloat8ForJs(const Napi::CallbackInfo& info);

/// [sync] quantizeBlocks(weights: Float32Array, outer, length, inner, blockSize, bits: 4 | 8)
/// -> { values: Int8Array, scales: Float32Array }, or null when a weight is not finite.
Napi::Value QuantizeBlocksForJs(const Napi::CallbackInfo& info);

}  // namespace tensorrt_node
