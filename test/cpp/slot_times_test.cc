// The times of jobs, and how their threads wait.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "scale_engine.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class SlotTimesTest : public ProductTest {
 protected:
  SlotTimesTest() { timed_.timed = true; }

  std::shared_ptr<LoadedEngine> Scale() { return LoadEngine(GetParam(), kScale); }

  static SlotOptions Spinning(int depth, size_t graphs) {
    SlotOptions options = MakeSlotOptions(depth, graphs);
    options.wait = Waiting::kSpin;
    return options;
  }

  JobOptions timed_;
};

INSTANTIATE_TEST_SUITE_P(Products, SlotTimesTest, testing::ValuesIn(Products()), ProductName);

/// What durations lose as floats.
constexpr std::chrono::microseconds kRounding(1);

JobClock::time_point EndOf(const JobPart& part) {
  return part.start + Mark::ToTicks(part.milliseconds);
}

void ExpectInOrder(const std::vector<JobClock::time_point>& points) {
  for (size_t i = 1; i < points.size(); ++i) EXPECT_GE(points[i] + kRounding, points[i - 1]) << i;
}

TEST_P(SlotTimesTest, PartsOfJobsOnTwoLanesLieInOrderBetweenCallAndReturn) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(2, 0));
  InThreads(2, [&](int lane) {
    for (int round = 0; round < 20; ++round) {
      JobReport report;
      const std::vector<float> values = Rows(2, round);
      const JobClock::time_point call = JobClock::now();
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(lane), values, timed_, &report), Scaled(values));
      ASSERT_TRUE(report.times.has_value());
      const auto& [enqueue, copy_in, compute, copy_out] = *report.times;
      ExpectInOrder({call, copy_in.start, EndOf(copy_in), compute.start, EndOf(compute),
                     copy_out.start, EndOf(copy_out), JobClock::now()});
      ExpectInOrder({call, enqueue.start, EndOf(enqueue), JobClock::now()});
      EXPECT_GT(enqueue.milliseconds, 0.0F);
      EXPECT_GT(copy_in.milliseconds, 0.0F);
    }
  });
}

TEST_P(SlotTimesTest, WhatIsNotCopiedTakesNoTime) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(1, 0));
  Lane& lane = slot.lane(0);
  const std::vector<float> values = Rows(2, 3);
  RunScale(slot, 0, values, timed_);
  const auto input = TensorMemory::OnDevice(MemoryPool::Of(0), values.size() * sizeof(float));
  lane.BindInput(0, {2, 3}, input);
  lane.Deliver(0, Lane::Delivery::kNone);
  const JobReport report = slot.Run(lane, timed_);
  lane.Unbind();
  ASSERT_TRUE(report.times.has_value());
  EXPECT_EQ(report.times->copy_in.milliseconds, 0.0F);
  EXPECT_EQ(report.times->copy_out.milliseconds, 0.0F);
}

TEST_P(SlotTimesTest, OnlyJobsThatAskAreTimedWithGraphsToo) {
  ExecutionSlot slot(Scale(), MakeSlotOptions(1, 1));
  std::vector<std::string> launches;
  for (const bool timed : {true, true, true, false, true}) {
    JobReport report;
    const std::vector<float> values = Rows(2, 1);
    JobOptions options;
    options.timed = timed;
    EXPECT_EQ(RunScale(slot, 0, values, options, &report), Scaled(values));
    EXPECT_EQ(report.times.has_value(), timed);
    launches.push_back(report.launch);
  }
  EXPECT_EQ(launches, (std::vector<std::string>{"enqueue", "capture", "graph", "graph", "graph"}));
}

TEST_P(SlotTimesTest, ThreadsThatSpinDoTheSame) {
  ExecutionSlot slot(Scale(), Spinning(2, 3));
  InThreads(2, [&](int lane) {
    for (int round = 0; round < 30; ++round) {
      const std::vector<float> values = Rows(1 + round / 3 % 3, round * 2 + lane);
      EXPECT_EQ(
          RunScale(slot, static_cast<size_t>(lane), values, round % 2 ? timed_ : JobOptions{}),
          Scaled(values));
    }
  });
}

TEST_P(SlotTimesTest, ASpinningThreadSeesThatTheDeviceFailed) {
  ExecutionSlot spinning(Scale(), Spinning(1, 0));
  ExecutionSlot sleeping(Scale(), MakeSlotOptions(1, 0));
  const std::vector<float> values = Rows(2, 1);
  {
    const InjectedFailure failure("cuEventQuery", 719);
    EXPECT_EQ(CodeOf([&] { RunScale(spinning, 0, values); }), "ERR_CUDA");
    EXPECT_EQ(RunScale(sleeping, 0, values), Scaled(values));
  }
  spinning.lane(0).Unbind();
  EXPECT_EQ(RunScale(spinning, 0, values), Scaled(values));
}

}  // namespace
}  // namespace tensorrt_node::test
