#include "calibration/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibration/float_bits.h"

namespace tensorrt_node {
namespace {

/// Small enough for the buffers of a block to stay in the first-level cache beside the counts.
constexpr size_t kBlock = 1024;

uint32_t LargestOf(const uint32_t* magnitudes, size_t size) {
  int32_t largest = 0;
  for (size_t i = 0; i < size; ++i) {
    largest = std::max(largest, static_cast<int32_t>(magnitudes[i]));
  }
  return static_cast<uint32_t>(largest);
}

}  // namespace

std::optional<Histogram> Histogram::Restore(const State& state) {
  if (state.counts.size() != kBins || !std::isfinite(state.absmax) || state.absmax < 0.0F)
    return {};
  if (state.exponent != ExponentFor(state.absmax) || state.zeros > state.finite) return {};

  uint64_t left = state.finite - state.zeros;
  size_t used = 0;
  for (size_t i = 0; i < kBins; ++i) {
    if (state.counts[i] == 0) continue;
    if (state.counts[i] > left) return {};
    left -= state.counts[i];
    used = i + 1;
  }
  const double last_bin = std::ldexp(static_cast<double>(state.absmax), -state.exponent);
  const size_t expected = state.absmax == 0.0F ? 0 : static_cast<size_t>(last_bin) + 1;
  if (left != 0 || used != expected) return {};

  Histogram histogram;
  std::copy(state.counts.begin(), state.counts.end(), histogram.slots_.begin());
  histogram.slots_[kBins] = state.zeros;
  histogram.exponent_ = state.exponent;
  histogram.finite_ = state.finite;
  histogram.nans_ = state.nans;
  histogram.infinities_ = state.infinities;
  histogram.absmax_ = state.absmax;
  return histogram;
}

Histogram::State Histogram::state() const {
  State state;
  const auto zeros = slots_.begin() + kBins;
  state.counts.assign(slots_.begin(), zeros);
  state.exponent = exponent_;
  state.finite = finite_;
  state.zeros = std::accumulate(zeros, slots_.end(), uint64_t{0});
  state.nans = nans_;
  state.infinities = infinities_;
  state.absmax = absmax_;
  return state;
}

/// Eight numbers at a time, where the processor can, instead of four: the same code once more.
void Histogram::Add(FloatView values) {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return AddWithAvx2(values);
#endif
  AddBlocks(values);
}

#ifdef __x86_64__
void Histogram::AddWithAvx2(FloatView values) { AddBlocks(values); }
#endif

inline void Histogram::AddBlocks(FloatView values) {
  uint32_t magnitudes[kBlock];
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    size_t size = std::min(kBlock, values.size() - begin);
    values.Slice(begin, size).CopyMagnitudes(magnitudes);
    uint32_t largest = LargestOf(magnitudes, size);
    if (largest >= kInfinityBits) {
      size = DropNonFinite(magnitudes, size);
      largest = LargestOf(magnitudes, size);
    }
    AddFinite(magnitudes, size, FloatOfBits(largest));
  }
}

void Histogram::AddRows(FloatView values, const uint8_t* keep, size_t rows) {
  if (rows == 0) return;
  const size_t row_size = values.size() / rows;
  size_t row = 0;
  while (row < rows) {
    const size_t first = row;
    while (row < rows && keep[row] != 0) ++row;
    Add(values.Slice(first * row_size, (row - first) * row_size));
    while (row < rows && keep[row] == 0) ++row;
  }
}

void Histogram::Merge(const Histogram& other) {
  GrowTo(other.exponent_);
  const int shift = std::min(exponent_ - other.exponent_, kBinBits);
  for (size_t i = 0; i < kBins; ++i) slots_[i >> shift] += other.slots_[i];
  for (size_t i = kBins; i < slots_.size(); ++i) slots_[i] += other.slots_[i];
  finite_ += other.finite_;
  nans_ += other.nans_;
  infinities_ += other.infinities_;
  absmax_ = std::max(absmax_, other.absmax_);
}

int Histogram::ExponentFor(float absmax) {
  return absmax == 0.0F ? kMinExponent : std::max(std::ilogb(absmax) + 1 - kBinBits, kMinExponent);
}

size_t Histogram::DropNonFinite(uint32_t* magnitudes, size_t size) {
  size_t kept = 0;
  for (size_t i = 0; i < size; ++i) {
    if (magnitudes[i] < kInfinityBits) {
      magnitudes[kept++] = magnitudes[i];
    } else if (magnitudes[i] == kInfinityBits) {
      ++infinities_;
    } else {
      ++nans_;
    }
  }
  return kept;
}

void Histogram::AddFinite(const uint32_t* magnitudes, size_t size, float largest) {
  absmax_ = std::max(absmax_, largest);
  GrowTo(ExponentFor(largest));

  const float bins_per_unit = std::ldexp(1.0F, -exponent_);
  uint32_t slots[kBlock];
  for (size_t i = 0; i < size; ++i) {
    const auto bin = static_cast<int32_t>(FloatOfBits(magnitudes[i]) * bins_per_unit);
    const auto zero_slot = static_cast<uint32_t>(kBins | i % kZeroSlots);
    slots[i] = static_cast<uint32_t>(bin) | (magnitudes[i] == 0 ? zero_slot : 0U);
  }
  for (size_t i = 0; i < size; ++i) ++slots_[slots[i]];
  finite_ += size;
}

void Histogram::GrowTo(int exponent) {
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, kBinBits);
  for (size_t i = 1; i < kBins; ++i) {
    const uint64_t count = slots_[i];
    slots_[i] = 0;
    slots_[i >> shift] += count;
  }
  exponent_ = exponent;
}

}  // namespace tensorrt_node
