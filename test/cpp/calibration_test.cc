#include <cstdint>
#include <numeric>
#include <vector>

#include "calibration/collect.h"
#include "calibration/entropy.h"
#include "calibration/histogram.h"
#include "calibration/quantize_weights.h"
#include "calibration/range.h"
#include "calibration/squared_error.h"
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

void ExpectSame(const Histogram& one, const Histogram& other) {
  const Histogram::State actual = one.state();
  const Histogram::State expected = other.state();
  EXPECT_EQ(actual.counts, expected.counts);
  EXPECT_EQ(actual.exponent, expected.exponent);
  EXPECT_EQ(actual.finite, expected.finite);
  EXPECT_EQ(actual.zeros, expected.zeros);
  EXPECT_EQ(actual.nans, expected.nans);
  EXPECT_EQ(actual.infinities, expected.infinities);
  EXPECT_EQ(actual.absmax, expected.absmax);
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
  ExpectSame(merged, whole);
  EXPECT_EQ(PercentileAmax(merged, 99.9), PercentileAmax(whole, 99.9));
}

TEST_F(CalibrationTest, ManyInputsAreCountedOnManyThreads) {
  const std::vector<float> large = Part(3, 300000);
  const std::vector<float> small = Part(5, 900);
  const std::vector<uint8_t> keep = {1, 0, 1};
  std::vector<Histogram> together(6);
  std::vector<Histogram> alone(together.size());
  std::vector<HistogramInput> inputs;
  for (size_t i = 0; i < together.size(); ++i) {
    inputs.push_back({&together[i], View(large)});
    inputs.push_back({&together[0], View(small), keep.data(), keep.size()});
    alone[i].Add(View(large));
    alone[0].AddRows(View(small), keep.data(), keep.size());
  }
  for (const size_t threads : {1, 4, 16}) {
    for (Histogram& histogram : together) histogram = Histogram();
    CollectAll(inputs, threads);
    for (size_t i = 0; i < together.size(); ++i) ExpectSame(together[i], alone[i]);
  }
}

TEST_F(CalibrationTest, CollectingHappensOnSeveralThreadsAtOnce) {
  // As the JavaScript threads of one process do, each with histograms of its own.
  const std::vector<float> values = Part(1, 300000);
  Histogram whole;
  whole.Add(View(values));
  InThreads(4, [&](int) {
    std::vector<Histogram> histograms(3);
    std::vector<HistogramInput> inputs;
    for (Histogram& histogram : histograms) inputs.push_back({&histogram, View(values)});
    CollectAll(inputs, 4);
    for (const Histogram& histogram : histograms) ExpectSame(histogram, whole);
  });
}

TEST_F(CalibrationTest, RestoredHistogramsGoOn) {
  Histogram first;
  first.Add(View(Part(1, 2000)));
  auto restored = Histogram::Restore(first.state());
  ASSERT_TRUE(restored.has_value());
  ExpectSame(*restored, first);
  first.Add(View(Part(2, 50000)));
  restored->Add(View(Part(2, 50000)));
  ExpectSame(*restored, first);

  Histogram::State damaged = first.state();
  damaged.finite += 1;
  EXPECT_FALSE(Histogram::Restore(damaged).has_value());
}

TEST_F(CalibrationTest, RangesAreSearchedOnManyThreads) {
  Histogram histogram;
  histogram.Add(View(Part(1, 30000)));
  const double entropy = EntropyAmax(histogram);
  const double mse = MseAmax(histogram);
  EXPECT_GT(entropy, 0.0);
  EXPECT_GT(mse, 0.0);
  InThreads(4, [&](int) {
    EXPECT_EQ(EntropyAmax(histogram), entropy);
    EXPECT_EQ(MseAmax(histogram), mse);
    EXPECT_GE(QuantizationError(histogram, mse / 2.0, 127.0),
              QuantizationError(histogram, mse, 127.0));
  });
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
