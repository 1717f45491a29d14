#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

namespace tensorrt_node {

constexpr int32_t kInfinityBits = 0x7f800000;

/// The bits of |value|, which order like the values, with infinity and NaN at the top. Whole
/// numbers are what compilers vectorise comparisons of.
inline int32_t MagnitudeBits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits & 0x7fffffff;
}

inline float FloatOfBits(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Rounds to the nearest, ties to even, where |value| < 2^22: beside 1.5 * 2^23 a float32 has no
/// room for a fraction. Unlike std::nearbyint this becomes vector code on every x86-64.
inline float RoundHalfToEven(float value) {
  constexpr float kNoFraction = 12582912.0F;
  return (value + kNoFraction) - kNoFraction;
}

/// The positive normal number that maps `amax` to `largest`, as TensorRT demands of a scale. Where
/// amax is too small for that, zero among them, any scale would do: 1 / largest stays positive in
/// float16 too.
inline float ScaleOf(float amax, float largest) {
  const float scale = amax / largest;
  return scale >= std::numeric_limits<float>::min() ? scale : 1.0F / largest;
}

}  // namespace tensorrt_node
