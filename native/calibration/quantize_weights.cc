#include "calibration/quantize_weights.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace tensorrt_node {
namespace {

constexpr float kLargestInt8 = 127.0F;
constexpr int32_t kInfinityBits = 0x7f800000;

/// The bits of |weight|, which order like the values, with infinity and NaN at the top.
int32_t MagnitudeBits(float weight) {
  int32_t bits;
  std::memcpy(&bits, &weight, sizeof(bits));
  return bits & 0x7fffffff;
}

/// Rounds to the nearest, ties to even, where |value| < 2^22: beside 1.5 * 2^23 a float32 has no
/// room for a fraction. Unlike std::nearbyint this becomes vector code on every x86-64.
float RoundHalfToEven(float value) {
  constexpr float kNoFraction = 12582912.0F;
  return (value + kNoFraction) - kNoFraction;
}

/// Needs no clamp: |weight| <= amax, so the quotient exceeds 127 by a rounding error at most.
int8_t Quantize(float weight, float scale) {
  return static_cast<int8_t>(static_cast<int32_t>(RoundHalfToEven(weight / scale)));
}

float ScaleOf(int32_t amax_bits) {
  float amax;
  std::memcpy(&amax, &amax_bits, sizeof(amax));
  const float scale = amax / kLargestInt8;
  return scale >= std::numeric_limits<float>::min() ? scale : 1.0F / kLargestInt8;
}

/// Walks through the weights in runs that lie side by side in memory: either one weight of each
/// channel, across_channels(offset), or all of one channel, within_channel(channel, offset). Either
/// is one long straight loop, whichever side of the matrix the channels are on.
template <typename AcrossChannels, typename WithinChannel>
void VisitRuns(ChannelLayout layout, AcrossChannels across_channels, WithinChannel within_channel) {
  if (layout.inner == 1) {
    for (size_t outer = 0; outer < layout.outer; ++outer) across_channels(outer * layout.channels);
    return;
  }
  for (size_t run = 0; run < layout.outer * layout.channels; ++run) {
    within_channel(run % layout.channels, run * layout.inner);
  }
}

std::vector<int32_t> AmaxBits(const float* weights, ChannelLayout layout) {
  std::vector<int32_t> amax(layout.channels);
  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          amax[c] = std::max(amax[c], MagnitudeBits(weights[begin + c]));
        }
      },
      [&](size_t channel, size_t begin) {
        int32_t largest = amax[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          largest = std::max(largest, MagnitudeBits(weights[begin + i]));
        }
        amax[channel] = largest;
      });
  return amax;
}

}  // namespace

bool QuantizeWeights(const float* weights, ChannelLayout layout, int8_t* values, float* scales) {
  const std::vector<int32_t> amax = AmaxBits(weights, layout);
  const auto not_finite = [](int32_t bits) { return bits >= kInfinityBits; };
  if (std::any_of(amax.begin(), amax.end(), not_finite)) return false;
  std::transform(amax.begin(), amax.end(), scales, ScaleOf);

  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          values[begin + c] = Quantize(weights[begin + c], scales[c]);
        }
      },
      [&](size_t channel, size_t begin) {
        const float scale = scales[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          values[begin + i] = Quantize(weights[begin + i], scale);
        }
      });
  return true;
}

}  // namespace tensorrt_node
