#pragma once

#include <limits>

namespace tensorrt_node {

/// Rounds to the nearest, ties to even, where |value| < 2^22: beside 1.5 * 2^23 a float32 has no
/// room for a fraction. Unlike std::nearbyint this becomes vector code on every x86-64.
inline float RoundHalfToEven(float value) {
  constexpr float kNoFraction = 12582912.0F;
  return (value + kNoFraction) - kNoFraction;
}

/// Whether amax / largest is a positive normal number, as TensorRT demands of a scale.
inline bool HasScale(float amax, float largest) {
  return amax / largest >= std::numeric_limits<float>::min();
}

/// The scale that maps `amax` to `largest`. Where amax is too small for that, zero among them, any
/// scale would do: 1 / largest stays positive in float16 too.
inline float ScaleOf(float amax, float largest) {
  return (HasScale(amax, largest) ? amax : 1.0F) / largest;
}

}  // namespace tensorrt_node
