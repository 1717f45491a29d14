#pragma once

#include <cstddef>
#include <cstdint>

namespace tensorrt_node {

/// A dense tensor seen as [outer, channels, inner], which puts any axis in the middle: a weight
/// [K, N] with its channels on axis 1 is {K, N, 1}, one [N, K] with them on axis 0 is {1, N, K}.
struct ChannelLayout {
  size_t outer;
  size_t channels;
  size_t inner;

  size_t size() const { return outer * channels * inner; }
};

/// Symmetric INT8 per channel: scale = amax / 127, value = round-half-to-even(weight / scale),
/// within [-127, 127], which is what QuantizeLinear computes.
///
/// Every scale is a positive normal number, as TensorRT demands. A channel whose amax is too
/// small for that, all zeros among them, gets zeros with the scale 1/127: any scale would do, and
/// this one stays positive in float16 too.
///
/// Writes layout.size() values and layout.channels scales. Returns false when a weight is NaN or
/// infinite; what was written then means nothing.
bool QuantizeWeights(const float* weights, ChannelLayout layout, int8_t* values, float* scales);

}  // namespace tensorrt_node
