#pragma once

#include "calibration/histogram.h"

namespace tensorrt_node {

/// The amax that keeps `percentile` percent (above 0, at most 100) of the finite |x|, zeros
/// included, unclipped. It is interpolated within its bin, so it is less than one bin away from
/// the exact order statistic, and never above absmax.
///
/// A tensor in which more than that share is exactly zero would get 0, a range that keeps
/// nothing; its absmax is returned instead. An empty histogram gives 0.
double PercentileAmax(const Histogram& histogram, double percentile);

}  // namespace tensorrt_node
