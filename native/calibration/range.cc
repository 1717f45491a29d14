#include "calibration/range.h"

#include <algorithm>
#include <cmath>

namespace tensorrt_node {

double PercentileAmax(const Histogram& from, double percentile) {
  const Histogram::State histogram = from.state();
  const double absmax = histogram.absmax;
  const double rank = percentile / 100.0 * static_cast<double>(histogram.finite);
  double below = static_cast<double>(histogram.zeros);
  if (rank <= below) return absmax;

  for (size_t bin = 0; bin < Histogram::kBins; ++bin) {
    const double count = static_cast<double>(histogram.counts[bin]);
    if (count > 0.0 && below + count >= rank) {
      const double position = static_cast<double>(bin) + (rank - below) / count;
      return std::min(std::ldexp(position, histogram.exponent), absmax);
    }
    below += count;
  }
  return absmax;
}

}  // namespace tensorrt_node
