#include "calibration/quantize_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "calibration/float_bits.h"
#include "calibration/rounding.h"

namespace tensorrt_node {
namespace {

constexpr float kLargestInt8 = 127.0F;
constexpr float kLargestInt4 = 7.0F;
constexpr float kSmallestInt4 = -8.0F;
constexpr float kLargestFloat8 = 448.0F;

float Clip(float value, float smallest, float largest) {
  return std::min(std::max(value, smallest), largest);
}

int8_t ToWholeNumber(float value) {
  return static_cast<int8_t>(static_cast<int32_t>(RoundHalfToEven(value)));
}

/// The code of E4M3FN: 4 bits of exponent with the bias 7, 3 of mantissa, no infinities.
uint8_t ToFloat8(float value) {
  const int32_t bits = std::min(MagnitudeBits(value), MagnitudeBits(kLargestFloat8));
  // Numbers below 2^-6 have steps of 2^-9, which is the last place of a float32 beside 2^14.
  const float beside = FloatOfBits(bits) + 0x1p14F;
  const int32_t small = MagnitudeBits(beside) - MagnitudeBits(0x1p14F);
  // The others lose 20 of 23 bits of mantissa; a carry goes into the exponent, as it should.
  const int32_t large = ((bits + 0x7ffff + ((bits >> 20) & 1)) >> 20) - ((127 - 7) << 3);
  const uint32_t sign = BitsOf(value) >> 24 & 0x80U;
  return static_cast<uint8_t>(sign |
                              static_cast<uint32_t>(bits < MagnitudeBits(0x1p-6F) ? small : large));
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

/// The largest `magnitude(weight)` of each channel, which is infinite or NaN where a weight is.
template <typename Magnitude>
std::vector<float> Largest(const float* weights, ChannelLayout layout, Magnitude magnitude) {
  std::vector<int32_t> bits(layout.channels);
  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          bits[c] = std::max(bits[c], magnitude(weights[begin + c]));
        }
      },
      [&](size_t channel, size_t begin) {
        int32_t largest = bits[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          largest = std::max(largest, magnitude(weights[begin + i]));
        }
        bits[channel] = largest;
      });
  std::vector<float> values(layout.channels);
  std::transform(bits.begin(), bits.end(), values.begin(), FloatOfBits);
  return values;
}

std::vector<float> Amax(const float* weights, ChannelLayout layout) {
  return Largest(weights, layout, MagnitudeBits);
}

bool AreFinite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

/// quantize(weight / scale) of every weight, where a function object lets the loops inline it. The
/// division comes first and unconditionally, or else they stay scalar code.
template <typename Code, typename Quantize>
void QuantizeChannels(const float* weights, ChannelLayout layout, const float* scales, Code* codes,
                      Quantize quantize) {
  VisitRuns(
      layout,
      [&](size_t begin) {
        for (size_t c = 0; c < layout.channels; ++c) {
          codes[begin + c] = quantize(weights[begin + c] / scales[c]);
        }
      },
      [&](size_t channel, size_t begin) {
        const float scale = scales[channel];
        for (size_t i = 0; i < layout.inner; ++i) {
          codes[begin + i] = quantize(weights[begin + i] / scale);
        }
      });
}

bool QuantizeInt4(const float* weights, ChannelLayout layout, int8_t* values, float* scales) {
  const auto above = [](float weight) { return weight > 0.0F ? MagnitudeBits(weight) : 0; };
  const auto below = [](float weight) { return weight > 0.0F ? 0 : MagnitudeBits(weight); };
  const std::vector<float> highest = Largest(weights, layout, above);
  const std::vector<float> lowest = Largest(weights, layout, below);
  if (!AreFinite(highest) || !AreFinite(lowest)) return false;
  for (size_t c = 0; c < layout.channels; ++c) {
    scales[c] = std::max(ScaleOf(highest[c], kLargestInt4), ScaleOf(lowest[c], -kSmallestInt4));
  }
  QuantizeChannels(weights, layout, scales, values, [](float level) {
    return ToWholeNumber(Clip(level, kSmallestInt4, kLargestInt4));
  });
  return true;
}

}  // namespace

bool QuantizeWeights(const float* weights, ChannelLayout layout, const float* given, int8_t* values,
                     float* scales) {
  std::vector<float> amax = Amax(weights, layout);
  if (!AreFinite(amax)) return false;
  if (given != nullptr) std::copy(given, given + layout.channels, amax.begin());
  std::transform(amax.begin(), amax.end(), scales,
                 [](float largest) { return ScaleOf(largest, kLargestInt8); });
  std::vector<float> divisors(scales, scales + layout.channels);
  for (size_t c = 0; c < layout.channels; ++c) {
    // Whatever is beyond a range too small for a scale is clipped to zero.
    if (!HasScale(amax[c], kLargestInt8)) divisors[c] = std::numeric_limits<float>::infinity();
  }
  QuantizeChannels(weights, layout, divisors.data(), values, [](float level) {
    return ToWholeNumber(Clip(level, -kLargestInt8, kLargestInt8));
  });
  return true;
}

bool QuantizeFloat8(const float* weights, ChannelLayout layout, uint8_t* codes, float* scales) {
  const std::vector<float> amax = Amax(weights, layout);
  if (!AreFinite(amax)) return false;
  std::transform(amax.begin(), amax.end(), scales,
                 [](float largest) { return ScaleOf(largest, kLargestFloat8); });
  QuantizeChannels(weights, layout, scales, codes, [](float level) { return ToFloat8(level); });
  return true;
}

bool QuantizeBlocks(const float* weights, BlockLayout layout, int bits, int8_t* values,
                    float* scales) {
  for (size_t outer = 0; outer < layout.outer; ++outer) {
    for (size_t begin = 0; begin < layout.length; begin += layout.block) {
      const size_t rows = std::min(layout.block, layout.length - begin);
      const size_t offset = (outer * layout.length + begin) * layout.inner;
      // A single column lies side by side in memory, like the weights of one channel.
      const ChannelLayout block =
          layout.inner == 1 ? ChannelLayout{1, 1, rows} : ChannelLayout{rows, layout.inner, 1};
      const bool finite =
          bits == 4 ? QuantizeInt4(weights + offset, block, values + offset, scales)
                    : QuantizeWeights(weights + offset, block, nullptr, values + offset, scales);
      if (!finite) return false;
      scales += layout.inner;
    }
  }
  return true;
}

}  // namespace tensorrt_node
