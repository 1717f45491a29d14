#include "calibration/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tensorrt_node {
namespace {

/// Small enough for the buffers of a block to stay in the first-level cache beside the counts.
constexpr size_t kBlock = 1024;
constexpr uint32_t kInfinityBits = 0x7f800000U;

float FloatOfBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint32_t Largest(const uint32_t* magnitudes, size_t size) {
  int32_t largest = 0;
  for (size_t i = 0; i < size; ++i) {
    largest = std::max(largest, static_cast<int32_t>(magnitudes[i]));
  }
  return static_cast<uint32_t>(largest);
}

}  // namespace

std::optional<Histogram> Histogram::Restore(State state) {
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
  return Histogram(std::move(state));
}

void Histogram::Add(FloatView values) {
  uint32_t magnitudes[kBlock];
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    size_t size = std::min(kBlock, values.size() - begin);
    values.Slice(begin, size).CopyMagnitudes(magnitudes);
    uint32_t largest = Largest(magnitudes, size);
    if (largest >= kInfinityBits) {
      size = DropNonFinite(magnitudes, size);
      largest = Largest(magnitudes, size);
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
  GrowTo(other.state_.exponent);
  const int shift = std::min(state_.exponent - other.state_.exponent, kBinBits);
  for (size_t i = 0; i < kBins; ++i) state_.counts[i >> shift] += other.state_.counts[i];
  state_.finite += other.state_.finite;
  state_.zeros += other.state_.zeros;
  state_.nans += other.state_.nans;
  state_.infinities += other.state_.infinities;
  state_.absmax = std::max(state_.absmax, other.state_.absmax);
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
      ++state_.infinities;
    } else {
      ++state_.nans;
    }
  }
  return kept;
}

void Histogram::AddFinite(const uint32_t* magnitudes, size_t size, float largest) {
  state_.absmax = std::max(state_.absmax, largest);
  GrowTo(ExponentFor(largest));

  const float bins_per_unit = std::ldexp(1.0F, -state_.exponent);
  int32_t bins[kBlock];
  uint32_t zeros = 0;
  for (size_t i = 0; i < size; ++i) {
    bins[i] = static_cast<int32_t>(FloatOfBits(magnitudes[i]) * bins_per_unit);
    zeros += magnitudes[i] == 0 ? 1 : 0;
  }
  for (size_t i = 0; i < size; ++i) ++state_.counts[static_cast<size_t>(bins[i])];
  state_.counts[0] -= zeros;
  state_.zeros += zeros;
  state_.finite += size;
}

void Histogram::GrowTo(int exponent) {
  if (exponent <= state_.exponent) return;
  const int shift = std::min(exponent - state_.exponent, kBinBits);
  for (size_t i = 1; i < kBins; ++i) {
    const uint64_t count = state_.counts[i];
    state_.counts[i] = 0;
    state_.counts[i >> shift] += count;
  }
  state_.exponent = exponent;
}

}  // namespace tensorrt_node
