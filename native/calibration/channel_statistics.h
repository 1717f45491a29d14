#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "calibration/float_view.h"

namespace tensorrt_node {

/// The largest |x| and the mean of each channel, over any number of batches of rows of one value
/// per channel. NaN and infinities are left out.
class ChannelStatistics {
 public:
  explicit ChannelStatistics(size_t channels)
      : absmax_(channels), sums_(channels), finite_(channels) {}

  size_t channels() const { return absmax_.size(); }

  /// `keep` has one byte a row; rows with 0 are left out. Null keeps all.
  void Add(FloatView values, const uint8_t* keep);

  /// How many rows were kept.
  uint64_t rows() const { return rows_; }
  /// 0 of a channel without a finite value, and so is its mean.
  const std::vector<float>& absmax() const { return absmax_; }
  std::vector<double> Means() const;

 private:
  void AddRow(const float* row);

  std::vector<float> absmax_;
  std::vector<double> sums_;
  std::vector<uint64_t> finite_;
  uint64_t rows_ = 0;
};

}  // namespace tensorrt_node
