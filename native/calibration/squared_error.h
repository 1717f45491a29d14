#pragma once

#include <vector>

#include "calibration/histogram.h"

namespace tensorrt_node {

/// The error that quantization to a symmetric grid makes on the values of a histogram, whichever
/// range the grid has. Within a bin the values are taken as spread evenly.
///
/// With the step s and levels L, x becomes s * min(round(x / s), L). Let G(t) be the sum of
/// (t - x) over all x below t. Every boundary t = (k - 1/2) s between two levels, k = 1...L, then
/// lowers the error of putting everything on the last level by 2 s G(t):
///   sum of (x - quantized x)^2 = sum of (x - L s)^2 - 2 s * sum over k of G((k - 1/2) s)
/// which takes L steps a range, since G is known at every edge of a bin beforehand.
class SquaredError {
 public:
  explicit SquaredError(const Histogram& histogram);

  /// The mean over all finite values, zeros among them, when [-amax, amax] has `levels` steps on
  /// either side of zero. Of no values it is 0.
  double Mean(double amax, double levels) const;

  /// The edge of a bin, at least the 128th one, with the least error for 127 levels, absmax in
  /// place of an edge above it. Of no values it is 0.
  double BestAmax() const;

 private:
  struct Edge {
    /// The number of values below the edge, the sum of their distances from it, and the number of
    /// values in the bin that begins here.
    double below = 0.0;
    double distances = 0.0;
    double count = 0.0;
  };

  /// Lengths are in bins.
  double Sum(double step, double levels) const;
  double DistancesBelow(double position) const;

  std::vector<Edge> edges_;
  double sum_ = 0.0;
  double sum_of_squares_ = 0.0;
  double finite_;
  double absmax_;
  int exponent_;
};

/// The amax with the least mean squared error in INT8, of those the histogram can tell apart.
double MseAmax(const Histogram& histogram);

}  // namespace tensorrt_node
