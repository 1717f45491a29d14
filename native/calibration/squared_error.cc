#include "calibration/squared_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tensorrt_node {
namespace {

/// Below it a step of the grid would be finer than a bin, about which the histogram says nothing.
constexpr size_t kFirstCandidate = 128;

}  // namespace

SquaredError::SquaredError(const Histogram& histogram, WithinBin within) : within_(within) {
  const Histogram::State state = histogram.state();
  finite_ = static_cast<double>(state.finite);
  absmax_ = state.absmax;
  exponent_ = state.exponent;
  const auto& counts = state.counts;
  const auto last = std::find_if(counts.rbegin(), counts.rend(), [](uint64_t n) { return n != 0; });
  const auto used = static_cast<size_t>(counts.rend() - last);

  const double variance = within == WithinBin::kSpread ? 1.0 / 12.0 : 0.0;
  edges_.resize(used + 1);
  for (size_t i = 0; i < used; ++i) {
    Edge& edge = edges_[i];
    edge.count = static_cast<double>(counts[i]);
    const double centre = static_cast<double>(i) + 0.5;
    sum_ += edge.count * centre;
    sum_of_squares_ += edge.count * (centre * centre + variance);
    edges_[i + 1].below = edge.below + edge.count;
    edges_[i + 1].distances = edge.distances + edge.below + edge.count / 2.0;
  }
}

double SquaredError::Mean(double amax, double levels) const {
  if (finite_ == 0.0) return 0.0;
  const double width = std::ldexp(1.0, exponent_);
  const double sum = amax > 0.0 ? Sum(amax / width / levels, levels) : sum_of_squares_;
  return sum / finite_ * width * width;
}

double SquaredError::BestAmax() const {
  const size_t used = edges_.size() - 1;
  if (used <= kFirstCandidate) return absmax_;
  // Downwards, since what a candidate clips only grows that way: once this alone is more than the
  // least error, the search is over. Count, distances and squared distances from the candidate:
  double clipped = 0.0;
  double distances = 0.0;
  double squares = 0.0;
  double best = 0.0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = used - 1; i >= kFirstCandidate && squares <= least; --i) {
    const double centre = static_cast<double>(i) + 0.5;
    const double error = Sum(centre / kInt8Levels, kInt8Levels);
    if (error <= least) {
      least = error;
      best = centre;
    }
    squares += 2.0 * distances + clipped + edges_[i].count;
    distances += clipped + edges_[i].count;
    clipped += edges_[i].count;
  }
  return std::min(std::ldexp(best, exponent_), absmax_);
}

double SquaredError::Sum(double step, double levels) const {
  // Levels above all values change nothing, but would let the two terms cancel each other out.
  const auto end = static_cast<double>(edges_.size() - 1);
  const double used = std::min(levels, std::floor(end / step + 0.5));
  double distances = 0.0;
  for (double k = 1.0; k <= used; ++k) distances += DistancesBelow((k - 0.5) * step);
  const double top = used * step;
  const double on_top = sum_of_squares_ - 2.0 * top * sum_ + top * top * edges_.back().below;
  return std::max(on_top - 2.0 * step * distances, 0.0);
}

double SquaredError::DistancesBelow(double position) const {
  const size_t bin = std::min(static_cast<size_t>(position), edges_.size() - 1);
  const Edge& edge = edges_[bin];
  const double inside = position - static_cast<double>(bin);
  const double of_bin =
      within_ == WithinBin::kSpread ? inside * inside / 2.0 : std::max(inside - 0.5, 0.0);
  return edge.distances + inside * edge.below + of_bin * edge.count;
}

double QuantizationError(const Histogram& histogram, double amax, double levels) {
  return SquaredError(histogram, WithinBin::kSpread).Mean(amax, levels);
}

double MseAmax(const Histogram& histogram) {
  return SquaredError(histogram, WithinBin::kCentre).BestAmax();
}

}  // namespace tensorrt_node
