#pragma once

#include <vector>

#include "calibration/histogram.h"

namespace tensorrt_node {

/// The steps on either side of zero.
constexpr double kInt8Levels = 127.0;

/// How the values of a bin lie within it: pytorch-quantization takes them all for its centre. That
/// tells little where the steps of a grid are about as narrow as the bins.
enum class WithinBin { kCentre, kSpread };

/// The error that quantization to a symmetric grid makes on the values of a histogram, whichever
/// range the grid has.
///
/// With the step s and levels L, x becomes s * min(round(x / s), L). Let G(t) be the sum of
/// (t - x) over all x below t. Every boundary t = (k - 1/2) s between two levels, k = 1...L, then
/// lowers the error of putting everything on the last level by 2 s G(t):
///   sum of (x - quantized x)^2 = sum of (x - L s)^2 - 2 s * sum over k of G((k - 1/2) s)
/// which takes L steps a range, since G is known at every edge of a bin beforehand.
class SquaredError {
 public:
  SquaredError(const Histogram& histogram, WithinBin within);

  /// The mean over all finite values, zeros among them, when [-amax, amax] has `levels` steps on
  /// either side of zero. Of no values it is 0.
  double Mean(double amax, double levels) const;

  /// The centre of a bin, from the 128th on, with the least error for 127 levels, the first one of
  /// equals. It is at most absmax, and 0 of no values.
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

  WithinBin within_;
  std::vector<Edge> edges_;
  double sum_ = 0.0;
  double sum_of_squares_ = 0.0;
  double finite_ = 0.0;
  double absmax_ = 0.0;
  int exponent_ = 0;
};

/// The mean squared error of all finite values, zeros among them, when [-amax, amax] has `levels`
/// steps on either side of zero.
double QuantizationError(const Histogram& histogram, double amax, double levels);

/// The amax with the least mean squared error in INT8, as NVIDIA's pytorch-quantization searches
/// it: of the centres of all bins from the 128th on, with the values of a bin at its centre and
/// those beyond amax clipped. Its histogram has 2048 bins up to the largest value of the first
/// batch, ours 8192 up to the power of two above absmax. At most absmax, and 0 of no values.
double MseAmax(const Histogram& histogram);

}  // namespace tensorrt_node
