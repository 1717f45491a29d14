#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "calibration/float_bits.h"

namespace tensorrt_node {

enum class FloatType { kFloat32, kFloat16, kBFloat16 };

constexpr size_t BytesOf(FloatType type) { return type == FloatType::kFloat32 ? 4 : 2; }

/// Values of a floating-point tensor that somebody else owns.
class FloatView {
 public:
  FloatView(FloatType type, const void* data, size_t size)
      : type_(type), data_(static_cast<const uint8_t*>(data)), size_(size) {}

  size_t size() const { return size_; }

  FloatView Slice(size_t begin, size_t size) const {
    return {type_, data_ + begin * BytesOf(type_), size};
  }

  /// Writes the absolute value of each element as the bits of a float32: see MagnitudeBits.
  void CopyMagnitudes(uint32_t* bits) const {
    switch (type_) {
      case FloatType::kFloat32:
        std::memcpy(bits, data_, size_ * sizeof(uint32_t));
        for (size_t i = 0; i < size_; ++i) bits[i] &= 0x7fffffffU;
        return;
      case FloatType::kFloat16:
        for (size_t i = 0; i < size_; ++i) bits[i] = HalfMagnitude(HalfWord(i));
        return;
      case FloatType::kBFloat16:
        for (size_t i = 0; i < size_; ++i) bits[i] = (HalfWord(i) & 0x7fffU) << 16;
        return;
    }
  }

  /// Writes the elements as float32.
  void CopyValues(float* values) const {
    if (type_ == FloatType::kFloat32) {
      std::memcpy(values, data_, size_ * sizeof(float));
      return;
    }
    for (size_t i = 0; i < size_; ++i) {
      const uint32_t half = HalfWord(i);
      const uint32_t magnitude =
          type_ == FloatType::kFloat16 ? HalfMagnitude(half) : (half & 0x7fffU) << 16;
      values[i] = FloatOfBits(magnitude | (half & 0x8000U) << 16);
    }
  }

 private:
  uint32_t HalfWord(size_t index) const {
    uint16_t word;
    std::memcpy(&word, data_ + index * sizeof(word), sizeof(word));
    return word;
  }

  /// Moves exponent and mantissa into place, then corrects the exponent's bias by a
  /// multiplication, which normalises the subnormal numbers of float16 as well. It makes infinity
  /// and NaN 2^16 and more, whose exponents lack nothing but ones.
  static uint32_t HalfMagnitude(uint32_t half) {
    const uint32_t moved = (half & 0x7fffU) << 13;
    const uint32_t bits = BitsOf(FloatOfBits(moved) * 0x1p112F);
    return bits | ((half & 0x7c00U) == 0x7c00U ? kInfinityBits : 0U);
  }

  FloatType type_;
  const uint8_t* data_;
  size_t size_;
};

}  // namespace tensorrt_node
