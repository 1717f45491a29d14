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
  GrowTo(other.exponent_);
  const int shift = std::min(exponent_ - other.exponent_, kBinBits);
  for (size_t i = 0; i < kBins; ++i) counts_[i >> shift] += other.counts_[i];
  finite_ += other.finite_;
  zeros_ += other.zeros_;
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
  int32_t bins[kBlock];
  uint32_t zeros = 0;
  for (size_t i = 0; i < size; ++i) {
    bins[i] = static_cast<int32_t>(FloatOfBits(magnitudes[i]) * bins_per_unit);
    zeros += magnitudes[i] == 0 ? 1 : 0;
  }
  for (size_t i = 0; i < size; ++i) ++counts_[static_cast<size_t>(bins[i])];
  counts_[0] -= zeros;
  zeros_ += zeros;
  finite_ += size;
}

void Histogram::GrowTo(int exponent) {
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, kBinBits);
  for (size_t i = 1; i < kBins; ++i) {
    const uint64_t count = counts_[i];
    counts_[i] = 0;
    counts_[i >> shift] += count;
  }
  exponent_ = exponent;
}

}  // namespace tensorrt_node
