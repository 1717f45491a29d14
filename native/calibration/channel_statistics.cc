#include "calibration/channel_statistics.h"

#include <algorithm>
#include <cmath>

namespace tensorrt_node {

void ChannelStatistics::Add(FloatView values, const uint8_t* keep) {
  std::vector<float> row(channels());
  const size_t rows = values.size() / channels();
  for (size_t i = 0; i < rows; ++i) {
    if (keep != nullptr && keep[i] == 0) continue;
    values.Slice(i * channels(), channels()).CopyValues(row.data());
    AddRow(row.data());
  }
}

std::vector<double> ChannelStatistics::Means() const {
  std::vector<double> means(channels());
  for (size_t c = 0; c < channels(); ++c) {
    if (finite_[c] > 0) means[c] = sums_[c] / static_cast<double>(finite_[c]);
  }
  return means;
}

void ChannelStatistics::AddRow(const float* row) {
  for (size_t c = 0; c < channels(); ++c) {
    const bool finite = std::isfinite(row[c]);
    const float value = finite ? row[c] : 0.0F;
    absmax_[c] = std::max(absmax_[c], std::fabs(value));
    sums_[c] += static_cast<double>(value);
    finite_[c] += finite ? 1 : 0;
  }
  ++rows_;
}

}  // namespace tensorrt_node
