// Outputs whose shape depends on data, and what a job can show besides its outputs.

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "scale_engine.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

/// The places of the values that are not zero, of 1 to 64.
constexpr char kNonZero[] =
    "name \"places\"\n"
    "input \"x\" float32 [-1]\n"
    "op nonzero \"places\" \"x\"\n"
    "output \"places\"\n"
    "profile\n"
    "range \"x\" [1] [8] [64]\n";

class SlotOutputsTest : public ProductTest {};

INSTANTIATE_TEST_SUITE_P(Products, SlotOutputsTest, testing::ValuesIn(Products()), ProductName);

/// Runs one job of `kNonZero` on values of which every `step`-th one is not zero.
void ExpectPlaces(ExecutionSlot& slot, size_t index, int count, int step) {
  std::vector<float> values(static_cast<size_t>(count));
  std::vector<int64_t> places;
  for (int i = 0; i < count; i += step) {
    values[static_cast<size_t>(i)] = 1;
    places.push_back(i);
  }
  Lane& lane = slot.lane(index);
  lane.Stage(0, {count}, values.data(), values.size() * sizeof(float));
  lane.Deliver(0, Lane::Delivery::kHost);
  EXPECT_EQ(slot.Run(lane, {}).launch, "dataDependentOutput");
  const Lane::Output& output = lane.outputs()[0];
  EXPECT_EQ(output.dims, (Dims{1, static_cast<int64_t>(places.size())}));
  std::vector<int64_t> found(output.bytes / sizeof(int64_t));
  std::memcpy(found.data(), output.host_data(), output.bytes);
  EXPECT_EQ(found, places);
  lane.Unbind();
}

TEST_P(SlotOutputsTest, TakeTheShapesThatTheDataGiveThem) {
  const auto engine = LoadEngine(GetParam(), kNonZero);
  ExecutionSlot slots[] = {{engine, MakeSlotOptions(2, 2)}, {engine, MakeSlotOptions(2, 2)}};
  InThreads(4, [&](int thread) {
    for (int round = 0; round < 20; ++round) {
      ExpectPlaces(slots[thread / 2], static_cast<size_t>(thread % 2), 1 + (round * 7) % 64,
                   1 + (round + thread) % 5);
    }
  });
}

TEST_P(SlotOutputsTest, SayWhyTheyGotNoMemory) {
  const auto engine = LoadEngine(GetParam(), kNonZero);
  ExecutionSlot slot(engine, MakeSlotOptions(1, 2));
  const std::vector<float> values(8, 1.0F);
  Lane& lane = slot.lane(0);
  lane.Stage(0, {8}, values.data(), values.size() * sizeof(float));
  lane.BindOutput(0, TensorMemory::OnDevice(MemoryPool::Of(0), 8));
  EXPECT_EQ(CodeOf([&] { slot.Run(lane, {}); }), "ERR_FEED");
  lane.Unbind();
  ExpectPlaces(slot, 0, 8, 2);
}

TEST_P(SlotOutputsTest, DebugTensorsAndLayersBelongToTheirJob) {
  const auto engine =
      LoadEngine(GetParam(), std::string(kScale) + "debug \"doubled\"\nverbosity detailed\n");
  ExecutionSlot slots[] = {{engine, MakeSlotOptions(2, 2)}, {engine, MakeSlotOptions(2, 2)}};
  InThreads(4, [&](int thread) {
    JobOptions options;
    const bool shown = thread % 2 == 0;
    options.profiled = shown;
    if (shown) options.debug_tensors = {"doubled"};
    for (int round = 0; round < 15; ++round) {
      const std::vector<float> values = Rows(1 + round % 3, thread + round);
      JobReport report;
      EXPECT_EQ(
          RunScale(slots[thread / 2], static_cast<size_t>(thread % 2), values, options, &report),
          Scaled(values));
      EXPECT_EQ(report.layers.empty(), !shown);
      ASSERT_EQ(report.debug_tensors.size(), shown ? 1U : 0U);
      if (!shown) continue;
      const DebugTensor& doubled = report.debug_tensors[0];
      EXPECT_EQ(doubled.name, "doubled");
      ASSERT_EQ(doubled.data.size(), values.size() * sizeof(float));
      for (size_t i = 0; i < values.size(); ++i) {
        float value = 0;
        std::memcpy(&value, doubled.data.data() + i * sizeof(float), sizeof(float));
        EXPECT_EQ(value, 2 * values[i]);
      }
    }
  });
}

}  // namespace
}  // namespace tensorrt_node::test
