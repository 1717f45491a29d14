#include <cstdint>
#include <numeric>
#include <vector>

#include "calibration/histogram.h"
#include "calibration/quantize_weights.h"
#include "calibration/range.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class CalibrationTest : public StandinTest {};

/// 0.5, 1, 1.5 ... in an order that differs from part to part.
std::vector<float> Part(int part, int size) {
  std::vector<float> values;
  for (int i = 0; i < size; ++i) values.push_back(static_cast<float>((i * 7 + part) % size) * 0.5F);
  return values;
}

FloatView View(const std::vector<float>& values) {
  return {FloatType::kFloat32, values.data(), values.size()};
}

TEST_F(CalibrationTest, HistogramsOfPartsAreThatOfTheWhole) {
  constexpr int kParts = 8;
  constexpr int kSize = 3000;
  std::vector<Histogram> parts(kParts);
  InThreads(kParts, [&](int part) {
    parts[static_cast<size_t>(part)].Add(View(Part(part, kSize * (part + 1))));
  });
  Histogram merged;
  for (const Histogram& part : parts) merged.Merge(part);
  Histogram whole;
  for (int part = kParts - 1; part >= 0; --part) whole.Add(View(Part(part, kSize * (part + 1))));
  EXPECT_EQ(merged.state().counts, whole.state().counts);
  EXPECT_EQ(merged.state().exponent, whole.state().exponent);
  EXPECT_EQ(merged.state().finite, whole.state().finite);
  EXPECT_EQ(merged.state().absmax, whole.state().absmax);
  EXPECT_EQ(PercentileAmax(merged, 99.9), PercentileAmax(whole, 99.9));
}

TEST_F(CalibrationTest, WeightsAreQuantizedOnManyThreads) {
  const std::vector<float> weights = {1.0F, -127.0F, 0.0F, 0.0F, 2.0F, 254.0F};
  InThreads(4, [&](int) {
    std::vector<int8_t> values(weights.size());
    std::vector<float> scales(3);
    ASSERT_TRUE(QuantizeWeights(weights.data(), {1, 3, 2}, nullptr, values.data(), scales.data()));
    EXPECT_EQ(values, (std::vector<int8_t>{1, -127, 0, 0, 1, 127}));
    EXPECT_EQ(scales[0], 1.0F);
    EXPECT_EQ(scales[2], 2.0F);
  });
}

}  // namespace
}  // namespace tensorrt_node::test
