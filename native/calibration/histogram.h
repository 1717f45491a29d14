#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "calibration/float_view.h"

namespace tensorrt_node {

/// Counts of |x| in bins of equal width, over any number of batches.
///
/// The width of a bin is a power of two, and it is the smallest one with which all bins together
/// reach beyond the largest finite |x| seen. When a larger value comes, the width doubles and
/// neighbouring bins are merged. Dividing by a power of two is exact, and floor(floor(a) / 2)
/// equals floor(a / 2), so a value ends up in the same bin whether it came before or after the
/// width changed: the result depends on the set of values alone, never on their order or on how
/// they were cut into batches, and histograms of parts can be merged.
///
/// 8192 bins: the range is less than twice the largest value, so a bin is at most 1/4096 of it.
/// Outliers 30 times the range worth keeping are usual in transformers; a bin then still is no
/// wider than one step of the INT8 grid that the range leads to (1/127 of it), which 2048 bins
/// would miss. Counts have 64 bits, since 32-bit ones overflow within one long calibration.
class Histogram {
 public:
  static constexpr int kBinBits = 13;
  static constexpr size_t kBins = size_t{1} << kBinBits;

  /// All that a histogram knows.
  struct State {
    /// Bin i counts finite x other than 0 with i <= |x| / width < i + 1.
    std::vector<uint64_t> counts = std::vector<uint64_t>(kBins);
    /// The width of a bin is two to the power of this.
    int exponent = kMinExponent;
    /// How many finite values came, zeros among them.
    uint64_t finite = 0;
    uint64_t zeros = 0;
    uint64_t nans = 0;
    uint64_t infinities = 0;
    /// The largest finite |x|, exact; 0 when none came.
    float absmax = 0.0F;
  };

  Histogram() : slots_(kBins + kZeroSlots) {}

  /// Goes on from a state; nothing when no values can have led to it.
  static std::optional<Histogram> Restore(const State& state);

  void Add(FloatView values);

  /// Adds only the rows whose byte in `keep` is not 0; `values` is `rows` rows of equal length.
  void AddRows(FloatView values, const uint8_t* keep, size_t rows);

  void Merge(const Histogram& other);

  /// A copy.
  State state() const;

 private:
  /// A range below this one cannot be scaled by a normal float32, and means nothing anyway.
  static constexpr int kMinExponent = -126;
  /// Zeros come in crowds. Counted in turns in several places, none waits for the one before it.
  static constexpr size_t kZeroSlots = 8;

  static int ExponentFor(float absmax);
  void AddBlocks(FloatView values);
#ifdef __x86_64__
  [[gnu::target("avx2"), gnu::flatten]] void AddWithAvx2(FloatView values);
#endif
  size_t DropNonFinite(uint32_t* magnitudes, size_t size);
  void AddFinite(const uint32_t* magnitudes, size_t size, float largest);
  void GrowTo(int exponent);

  /// The bins, and behind them the places of the zeros.
  std::vector<uint64_t> slots_;
  int exponent_ = kMinExponent;
  uint64_t finite_ = 0;
  uint64_t nans_ = 0;
  uint64_t infinities_ = 0;
  float absmax_ = 0.0F;
};

}  // namespace tensorrt_node
