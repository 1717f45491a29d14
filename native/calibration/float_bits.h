#pragma once

#include <cstdint>
#include <cstring>

namespace tensorrt_node {

constexpr uint32_t kInfinityBits = 0x7f800000U;

inline uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline float FloatOfBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// The bits of |value|, which order like the values, with infinity above all numbers and NaN above
/// infinity. Whole numbers are what compilers vectorise comparisons of; signed ones are what
/// x86-64 has instructions for.
inline int32_t MagnitudeBits(float value) {
  return static_cast<int32_t>(BitsOf(value) & 0x7fffffffU);
}

}  // namespace tensorrt_node
