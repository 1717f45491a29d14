#pragma once

#include "calibration/histogram.h"

namespace tensorrt_node {

/// The amax whose INT8 distribution is nearest to that of |x| by Kullback-Leibler divergence, as
/// NVIDIA's pytorch-quantization searches it: of the first i bins of the histogram, for every i
/// from 128, P is what they count with all that lies beyond added to the last one, and Q is what
/// they count merged into 128 bins and spread evenly over those that were not empty. The last i
/// with the least divergence wins, and the first bin counts like the second one.
///
/// It differs in two points. The bins, 2048 of them, reach to the power of two above absmax and
/// not to the largest value of the first batch, whose choice would make the result depend on the
/// order of the batches; those beyond absmax are no candidates. Divergences that differ by less
/// than their rounding errors count as equal. The result is at most absmax, and 0 of no values.
double EntropyAmax(const Histogram& histogram);

}  // namespace tensorrt_node
