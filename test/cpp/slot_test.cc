#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scale_engine.h"
#include "session/memory_copy.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class SlotTest : public ProductTest {
 protected:
  std::shared_ptr<LoadedEngine> Scale(int device = 0) {
    return LoadEngine(GetParam(), kScale, device);
  }
};

INSTANTIATE_TEST_SUITE_P(Products, SlotTest, testing::ValuesIn(Products()), ProductName);

TEST_P(SlotTest, CopiesOneJobWhileItComputesAnother) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(2, 0));
  InThreads(2, [&](int lane) {
    for (int round = 0; round < 40; ++round) {
      const std::vector<float> values = Rows(1 + (round + lane) % 16, round * 2 + lane);
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(lane), values), Scaled(values));
    }
  });
}

/// Four contexts of depth 2, each lane on a thread of its own, mixed shapes, and graphs that are
/// captured, launched, dropped for others and invalidated meanwhile.
TEST_P(SlotTest, ManyContextsCaptureAndDropGraphsAtOnce) {
  const std::shared_ptr<LoadedEngine> engine = Scale();
  constexpr int kSlots = 4;
  std::vector<std::unique_ptr<ExecutionSlot>> slots;
  for (int i = 0; i < kSlots; ++i) {
    slots.push_back(std::make_unique<ExecutionSlot>(engine, MakeSlotOptions(2, 3)));
  }
  std::atomic<int> launched{0};
  std::atomic<int> captured{0};
  InThreads(2 * kSlots + 1, [&](int thread) {
    if (thread == 2 * kSlots) {
      for (int round = 0; round < 20; ++round) {
        slots[static_cast<size_t>(round % kSlots)]->InvalidateGraphs();
      }
      return;
    }
    ExecutionSlot& slot = *slots[static_cast<size_t>(thread / 2)];
    for (int round = 0; round < 40; ++round) {
      // Three rounds with one shape, so that it is enqueued, captured and launched.
      const std::vector<float> values = Rows(1 + round / 3 % 3, round + thread);
      JobReport report;
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(thread % 2), values, {}, &report),
                Scaled(values));
      launched += report.launch == "graph" ? 1 : 0;
      captured += report.launch == "capture" ? 1 : 0;
    }
  });
  EXPECT_GT(captured, 0);
  EXPECT_GT(launched, 0);
  size_t evictions = 0;
  for (const auto& slot : slots) evictions += slot->graph_evictions();
  EXPECT_GT(evictions, 0U);
}

TEST_P(SlotTest, AGraphIsEnqueuedThenCapturedThenLaunched) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(1, 1));
  std::vector<std::string> launches;
  for (const int rows : {2, 2, 2, 3, 2}) {
    JobReport report;
    const std::vector<float> values = Rows(rows, rows);
    EXPECT_EQ(RunScale(slot, 0, values, {}, &report), Scaled(values));
    launches.push_back(report.launch);
  }
  EXPECT_EQ(launches,
            (std::vector<std::string>{"enqueue", "capture", "graph", "enqueue", "enqueue"}));
  EXPECT_EQ(slot.graph_evictions(), 1U);
}

TEST_P(SlotTest, ServesTwoDevicesAtOnce) {
  const std::shared_ptr<LoadedEngine> engines[] = {Scale(0), Scale(1)};
  ExecutionSlot first(engines[0], MakeSlotOptions(2, 4));
  ExecutionSlot second(engines[1], MakeSlotOptions(2, 4));
  InThreads(4, [&](int thread) {
    ExecutionSlot& slot = thread < 2 ? first : second;
    for (int round = 0; round < 30; ++round) {
      const std::vector<float> values = Rows(1 + round % 4, round + thread);
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(thread % 2), values), Scaled(values));
    }
  });
}

TEST_P(SlotTest, EnginesComeAndGoOnManyThreads) {
  InThreads(4, [&](int thread) {
    for (int round = 0; round < 5; ++round) {
      ExecutionSlot slot(Scale(thread % 2), MakeSlotOptions(1 + round % 2, 2));
      const std::vector<float> values = Rows(3, thread + round);
      EXPECT_EQ(RunScale(slot, 0, values), Scaled(values));
    }
  });
}

/// One tensor on the device feeds jobs on several contexts, whose outputs stay on the device too.
TEST_P(SlotTest, DeviceTensorsAreSharedByManyJobs) {
  const std::shared_ptr<LoadedEngine> engine = Scale();
  const std::vector<float> values = Rows(4, 5);
  const size_t bytes = values.size() * sizeof(float);
  const auto input = TensorMemory::OnDevice(MemoryPool::Of(0), bytes);
  CopyFromHost(values.data(), *input, bytes);
  InThreads(4, [&](int) {
    ExecutionSlot slot(engine, MakeSlotOptions(1, 2));
    Lane& lane = slot.lane(0);
    for (int round = 0; round < 10; ++round) {
      lane.BindInput(0, {4, 3}, input);
      lane.Deliver(0, Lane::Delivery::kDevice);
      const JobReport report = slot.Run(lane, {});
      EXPECT_EQ(report.launch, "newOutputMemory");
      const std::shared_ptr<TensorMemory> output = lane.outputs()[0].bound;
      lane.Unbind();
      // Fed to the next job, as a decoder does.
      lane.BindInput(0, {4, 3}, output);
      lane.Deliver(0, Lane::Delivery::kHost);
      slot.Run(lane, {});
      EXPECT_EQ(Values(lane.outputs()[0]), Scaled(Scaled(values)));
      lane.Unbind();
    }
  });
}

TEST_P(SlotTest, WritesIntoMemoryThatIsBrought) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(1, 2));
  Lane& lane = slot.lane(0);
  const std::vector<float> values = Rows(2, 9);
  const size_t bytes = values.size() * sizeof(float);
  const auto pinned_in = TensorMemory::Pinned(Device::Open(0), bytes);
  std::memcpy(pinned_in->data(), values.data(), bytes);
  for (const auto& target : {TensorMemory::Pinned(Device::Open(0), bytes),
                             TensorMemory::OnDevice(MemoryPool::Of(0), bytes)}) {
    for (int round = 0; round < 3; ++round) {
      lane.BindInput(0, {2, 3}, pinned_in);
      lane.BindOutput(0, target);
      slot.Run(lane, {});
      lane.Unbind();
      std::vector<float> result(values.size());
      CopyToHost(*target, result.data(), bytes);
      EXPECT_EQ(result, Scaled(values));
    }
  }
}

TEST_P(SlotTest, DropsAnOutputThatNobodyWants) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(1, 0));
  Lane& lane = slot.lane(0);
  const std::vector<float> values = Rows(1, 1);
  lane.Stage(0, {1, 3}, values.data(), values.size() * sizeof(float));
  lane.Deliver(0, Lane::Delivery::kNone);
  slot.Run(lane, {});
  EXPECT_EQ(lane.outputs()[0].dims, (Dims{1, 3}));
  EXPECT_EQ(lane.outputs()[0].host_data(), nullptr);
}

TEST_P(SlotTest, RefusesWhatDoesNotFitAndGoesOn) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(2, 2));
  Lane& lane = slot.lane(0);
  const std::vector<float> values = Rows(2, 1);
  EXPECT_EQ(CodeOf([&] { lane.Stage(0, {2, 3}, values.data(), 8); }), "ERR_FEED");
  const auto small = TensorMemory::OnDevice(MemoryPool::Of(0), 8);
  EXPECT_EQ(CodeOf([&] { lane.BindInput(0, {2, 3}, small); }), "ERR_FEED");
  const auto elsewhere = TensorMemory::OnDevice(MemoryPool::Of(1), 64);
  EXPECT_EQ(CodeOf([&] { lane.BindInput(0, {2, 3}, elsewhere); }), "ERR_FEED");
  EXPECT_EQ(CodeOf([&] { lane.BindOutput(0, elsewhere); }), "ERR_FEED");
  EXPECT_EQ(CodeOf([&] { RunScale(slot, 0, Rows(17, 1)); }), "ERR_FEED");
  lane.Stage(0, {2, 3}, values.data(), values.size() * sizeof(float));
  lane.BindOutput(0, small);
  EXPECT_EQ(CodeOf([&] { slot.Run(lane, {}); }), "ERR_FEED");
  lane.Unbind();
  EXPECT_EQ(RunScale(slot, 0, values), Scaled(values));
}

}  // namespace
}  // namespace tensorrt_node::test
