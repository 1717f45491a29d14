#include "calibration/entropy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace tensorrt_node {
namespace {

constexpr int kMergeBits = Histogram::kBinBits - 11;
constexpr size_t kLevels = 128;
/// Above the rounding error of a divergence, and far below what makes a difference to a range.
constexpr double kTie = 1e-11;

double XLogX(double x) { return x > 0.0 ? x * std::log(x) : 0.0; }

/// What each bin counts, up to the last one that is not empty.
std::vector<double> MergedCounts(const std::vector<uint64_t>& counts) {
  std::vector<double> merged(counts.size() >> kMergeBits);
  for (size_t i = 0; i < counts.size(); ++i) {
    merged[i >> kMergeBits] += static_cast<double>(counts[i]);
  }
  while (!merged.empty() && merged.back() == 0.0) merged.pop_back();
  if (merged.size() > 1) merged[0] = merged[1];
  return merged;
}

/// Sums over the bins below each edge, from which the divergence of a candidate follows without
/// another walk through its bins.
class Divergence {
 public:
  explicit Divergence(std::vector<double> counts)
      : counts_(std::move(counts)), edges_(counts_.size() + 1) {
    for (size_t i = 0; i < counts_.size(); ++i) {
      edges_[i + 1].count = edges_[i].count + counts_[i];
      edges_[i + 1].x_log_x = edges_[i].x_log_x + XLogX(counts_[i]);
      edges_[i + 1].filled = edges_[i].filled + (counts_[i] > 0.0 ? 1.0 : 0.0);
    }
  }

  /// Of P = the first `size` bins with the rest on the last one, from Q = the same bins without
  /// the rest in kLevels levels. Infinite where Q has nothing and P has something.
  double At(size_t size) const {
    const double total = edges_.back().count;
    const double kept = edges_[size].count;
    const double rest = total - kept;
    const double last = counts_[size - 1];
    if (rest > 0.0 && last == 0.0) return std::numeric_limits<double>::infinity();

    double log_q = 0.0;
    double p_log_q = 0.0;
    size_t begin = 0;
    for (size_t level = 1; level <= kLevels; ++level) {
      const size_t end = (level * size + kLevels - 1) / kLevels;
      const double count = edges_[end].count - edges_[begin].count;
      if (count > 0.0) {
        log_q = std::log(count / (edges_[end].filled - edges_[begin].filled));
        p_log_q += count * log_q;
      }
      begin = end;
    }
    p_log_q += rest * log_q;
    const double p_log_p = edges_[size - 1].x_log_x + XLogX(last + rest);
    return (p_log_p - p_log_q) / total - std::log(total / kept);
  }

 private:
  /// Sums over all bins below.
  struct Edge {
    double count = 0.0;
    double x_log_x = 0.0;
    double filled = 0.0;
  };

  std::vector<double> counts_;
  std::vector<Edge> edges_;
};

}  // namespace

double EntropyAmax(const Histogram& histogram) {
  const Histogram::State state = histogram.state();
  const double absmax = state.absmax;
  std::vector<double> counts = MergedCounts(state.counts);
  const size_t size = counts.size();
  if (size <= kLevels) return absmax;

  const Divergence divergence(std::move(counts));
  size_t best = size;
  double least = divergence.At(size);
  for (size_t i = size - 1; i >= kLevels; --i) {
    const double candidate = divergence.At(i);
    if (candidate < least - kTie) {
      least = candidate;
      best = i;
    }
  }
  return std::min(std::ldexp(static_cast<double>(best), state.exponent + kMergeBits), absmax);
}

}  // namespace tensorrt_node
