#include "calibration/quantize_weights.h"

#include <algorithm>
#include <vector>

#include "calibration/rounding.h"

namespace tensorrt_node {
namespace {

constexpr float kLargestInt8 = 127.0F;
constexpr float kLargestFloat8 = 448.0F;

/// The clip keeps the rounding error of the quotient from passing the last level, and makes zeros
/// of a channel without a range.
int8_t ToInt8(float weight, float amax, float scale) {
  const float clipped = std::min(std::max(weight, -amax), amax);
  return static_cast<int8_t>(static_cast<int32_t>(RoundHalfToEven(clipped / scale)));
}

/// The code of E4M3FN: 4 bits of exponent with the bias 7, 3 of mantissa, no infinities.
uint8_t ToFloat8(float weight, float amax, float scale) {
  const int32_t magnitude = std::min(MagnitudeBits(weight), MagnitudeBits(amax));
  const float value = std::min(FloatOfBits(magnitude) / scale, kLargestFloat8);
  // Numbers below 2^-6 have steps of 2^-9, which is the last place of a float32 beside 2^14.
  const int32_t small = MagnitudeBits(value + 16384.0F) - MagnitudeBits(16384.0F);
  // The others lose 20 of 23 bits of mantissa; a carry goes into the exponent, as it should.
  const int32_t bits = MagnitudeBits(value);
  const int32_t large = ((bits + 0x7ffff + ((bits >> 20) & 1)) >> 20) - ((127 - 7) << 3);
  const int32_t code = value < 0x1p-6F ? small : large;
  return static_cast<uint8_t>(code | (weight < 0.0F ? 0x80 : 0));
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

/// The largest |weight| of each channel, infinite or NaN where a weight is.
std::vector<float> Amax(const float* weights, ChannelLayout layout) {
  std::vector<int32_t> bits(layout.channels);
  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          bits[c] = std::max(bits[c], MagnitudeBits(weights[begin + c]));
        }
      },
      [&](size_t channel, size_t begin) {
        int32_t largest = bits[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          largest = std::max(largest, MagnitudeBits(weights[begin + i]));
        }
        bits[channel] = largest;
      });
  std::vector<float> amax(layout.channels);
  std::transform(bits.begin(), bits.end(), amax.begin(), FloatOfBits);
  return amax;
}

bool AreFinite(const std::vector<float>& amax) {
  return std::all_of(amax.begin(), amax.end(),
                     [](float value) { return MagnitudeBits(value) < kInfinityBits; });
}

template <typename Code, typename Quantize>
void QuantizeChannels(const float* weights, ChannelLayout layout, const float* amax,
                      const float* scales, Code* codes, Quantize quantize) {
  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          codes[begin + c] = quantize(weights[begin + c], amax[c], scales[c]);
        }
      },
      [&](size_t channel, size_t begin) {
        const float largest = amax[channel];
        const float scale = scales[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          codes[begin + i] = quantize(weights[begin + i], largest, scale);
        }
      });
}

}  // namespace

bool QuantizeWeights(const float* weights, ChannelLayout layout, const float* given, int8_t* values,
                     float* scales) {
  std::vector<float> amax = Amax(weights, layout);
  if (!AreFinite(amax)) return false;
  if (given != nullptr) std::copy(given, given + layout.channels, amax.begin());
  std::transform(amax.begin(), amax.end(), scales,
                 [](float largest) { return ScaleOf(largest, kLargestInt8); });
  QuantizeChannels(weights, layout, amax.data(), scales, values, ToInt8);
  return true;
}

bool QuantizeFloat8(const float* weights, ChannelLayout layout, uint8_t* codes, float* scales) {
  const std::vector<float> amax = Amax(weights, layout);
  if (!AreFinite(amax)) return false;
  std::transform(amax.begin(), amax.end(), scales,
                 [](float largest) { return ScaleOf(largest, kLargestFloat8); });
  QuantizeChannels(weights, layout, amax.data(), scales, codes, ToFloat8);
  return true;
}

}  // namespace tensorrt_node
