#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "types.h"

namespace tensorrt_node::standin {

/// A binary floating-point format narrower than float32: a sign, `kExponentBits`, `kMantissaBits`.
/// `kHasInfinity` is false for the 8-bit format of ONNX's FLOAT8E4M3FN, whose largest exponent
/// holds numbers too; what is out of its range becomes its largest number.
template <typename Bits, int kExponentBits, int kMantissaBits, bool kHasInfinity>
class NarrowFloat {
  static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  static constexpr int kMaxField = (1 << kExponentBits) - 1;
  static constexpr Bits kMantissaMask = (Bits{1} << kMantissaBits) - 1;
  static constexpr Bits kSign = Bits{1} << (kExponentBits + kMantissaBits);
  static constexpr Bits kInfinity = static_cast<Bits>(Bits{kMaxField} << kMantissaBits);
  static constexpr Bits kNan =
      kHasInfinity ? kInfinity | (Bits{1} << (kMantissaBits - 1)) : kInfinity | kMantissaMask;
  /// What is above the largest number after rounding.
  static constexpr Bits kOverflow = kHasInfinity ? kInfinity : kNan - 1;

 public:
  static Element Decode(Bits bits) {
    const int field = (bits & ~kSign) >> kMantissaBits;
    const Bits mantissa = bits & kMantissaMask;
    const Element sign = (bits & kSign) != 0 ? -1 : 1;
    const Bits magnitude = bits & static_cast<Bits>(~kSign);
    if (magnitude == kNan || (kHasInfinity && field == kMaxField && mantissa != 0)) {
      return std::numeric_limits<Element>::quiet_NaN();
    }
    if (kHasInfinity && field == kMaxField) return sign * std::numeric_limits<Element>::infinity();
    if (field == 0) return sign * std::ldexp(Element(mantissa), 1 - kBias - kMantissaBits);
    const Element significand = Element(mantissa + (Bits{1} << kMantissaBits));
    return sign * std::ldexp(significand, field - kBias - kMantissaBits);
  }

  /// Rounds once, to the nearest and halves to even.
  static Bits Encode(Element element) {
    const Bits sign = std::signbit(element) ? kSign : 0;
    if (std::isnan(element)) return sign | kNan;
    const Element magnitude = std::abs(element);
    if (magnitude == 0) return sign;
    if (std::isinf(magnitude)) return sign | kOverflow;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    // Below this exponent lie the subnormal numbers, which share one spacing.
    const int scale = std::max(exponent - 1, 1 - kBias) - kMantissaBits;
    const Element steps = std::nearbyint(std::ldexp(magnitude, -scale));
    // A carry out of the mantissa runs into the exponent, which is just what it should do.
    const Element code =
        steps + std::ldexp(Element(scale + kMantissaBits + kBias - 1), kMantissaBits);
    return sign | (code > kOverflow ? kOverflow : static_cast<Bits>(code));
  }
};

using Float16 = NarrowFloat<uint16_t, 5, 10, true>;
using BFloat16 = NarrowFloat<uint16_t, 8, 7, true>;
using Float8E4M3 = NarrowFloat<uint8_t, 4, 3, false>;

}  // namespace tensorrt_node::standin
