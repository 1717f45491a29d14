#include <algorithm>
#include <vector>

#include "calibration/quantize_weights.h"
#include "calibration/rounding.h"

namespace tensorrt_node {
namespace {

struct Grid {
  float smallest;
  float largest;
};

constexpr Grid kInt4 = {-8.0F, 7.0F};
constexpr Grid kInt8 = {-127.0F, 127.0F};

/// The rows of one block, `inner` weights each, are one behind the other in memory.
class Block {
 public:
  Block(const float* weights, size_t rows, size_t inner)
      : weights_(weights), rows_(rows), inner_(inner) {}

  /// Whether all weights are finite.
  bool FindScales(Grid grid, float* scales) const {
    std::vector<float> lows(inner_);
    std::vector<float> highs(inner_);
    int32_t largest = 0;
    for (size_t row = 0; row < rows_; ++row) {
      for (size_t i = 0; i < inner_; ++i) {
        const float weight = weights_[row * inner_ + i];
        largest = std::max(largest, MagnitudeBits(weight));
        lows[i] = std::min(lows[i], weight);
        highs[i] = std::max(highs[i], weight);
      }
    }
    for (size_t i = 0; i < inner_; ++i) {
      const bool upwards = highs[i] / grid.largest >= lows[i] / grid.smallest;
      scales[i] = upwards ? ScaleOf(highs[i], grid.largest) : ScaleOf(-lows[i], -grid.smallest);
    }
    return largest < kInfinityBits;
  }

  void Quantize(Grid grid, const float* scales, int8_t* values) const {
    for (size_t row = 0; row < rows_; ++row) {
      for (size_t i = 0; i < inner_; ++i) {
        const float quotient = weights_[row * inner_ + i] / scales[i];
        const float level = std::min(std::max(quotient, grid.smallest), grid.largest);
        values[row * inner_ + i] =
            static_cast<int8_t>(static_cast<int32_t>(RoundHalfToEven(level)));
      }
    }
  }

 private:
  const float* weights_;
  size_t rows_;
  size_t inner_;
};

}  // namespace

bool QuantizeBlocks(const float* weights, BlockLayout layout, int bits, int8_t* values,
                    float* scales) {
  const Grid grid = bits == 4 ? kInt4 : kInt8;
  for (size_t outer = 0; outer < layout.outer; ++outer) {
    for (size_t begin = 0; begin < layout.length; begin += layout.block) {
      const size_t rows = std::min(layout.block, layout.length - begin);
      const size_t offset = (outer * layout.length + begin) * layout.inner;
      const Block block(weights + offset, rows, layout.inner);
      if (!block.FindScales(grid, scales)) return false;
      block.Quantize(grid, scales, values + offset);
      scales += layout.inner;
    }
  }
  return true;
}

}  // namespace tensorrt_node
