#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "calibration/float_view.h"
#include "calibration/histogram.h"

namespace tensorrt_node {

/// Values to be counted by a histogram.
struct HistogramInput {
  Histogram* histogram;
  FloatView values;
  /// One byte for each of `rows` rows of equal length; rows with 0 are left out. Null keeps all.
  const uint8_t* keep = nullptr;
  size_t rows = 0;
};

/// Adds all inputs to their histograms on up to `threads` threads, the calling one among them, and
/// returns when all is done. Large tensors are cut into parts with histograms of their own, which
/// are merged. Several inputs may name the same histogram.
void CollectAll(const std::vector<HistogramInput>& inputs, size_t threads);

}  // namespace tensorrt_node
