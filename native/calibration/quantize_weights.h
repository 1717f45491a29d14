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
/// `amax` holds one finite number from 0 a channel, and weights beyond it are clipped; null takes
/// the largest |weight| of each channel. Every scale is a positive normal number: see ScaleOf. A
/// channel whose amax is too small for one, all zeros among them, gets zeros.
///
/// Writes layout.size() values and layout.channels scales. Returns false when a weight is NaN or
/// infinite; what was written then means nothing.
bool QuantizeWeights(const float* weights, ChannelLayout layout, const float* amax, int8_t* values,
                     float* scales);

/// FP8 E4M3FN per channel: scale = amax / 448, the largest number of the type; the code of
/// weight / scale, round-half-to-even. Like QuantizeWeights in all else.
bool QuantizeFloat8(const float* weights, ChannelLayout layout, uint8_t* codes, float* scales);

/// A dense tensor seen as [outer, length, inner], whose axis in the middle is cut into blocks of
/// `block` elements, the last one shorter where it does not divide the length.
struct BlockLayout {
  size_t outer;
  size_t length;
  size_t inner;
  size_t block;

  size_t blocks() const { return (length + block - 1) / block; }
};

/// Symmetric whole numbers with one scale per block, round-half-to-even: 8 bits within [-127, 127]
/// with the scale amax / 127; 4 bits within [-8, 7] with the smallest scale that clips nothing,
/// max(largest / 7, -smallest / 8). In 4 bits the sixteenth code counts: leaving out -8 would widen
/// the steps by up to an eighth, while among 8 bits it makes no difference.
///
/// Writes as many values as weights, one a byte, and outer * blocks * inner scales. Returns false
/// when a weight is NaN or infinite; what was written then means nothing.
bool QuantizeBlocks(const float* weights, BlockLayout layout, int bits, int8_t* values,
                    float* scales);

}  // namespace tensorrt_node
