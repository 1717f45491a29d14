#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scale_engine.h"
#include "session/engine_runtime_cache.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class EngineTest : public ProductTest {};

INSTANTIATE_TEST_SUITE_P(Products, EngineTest, testing::ValuesIn(Products()), ProductName);

/// What needs TensorRT for RTX.
class RtxEngineTest : public StandinTest {};

TEST_P(EngineTest, TellsItsFactsWhileItRuns) {
  const auto engine = LoadEngine(GetParam(), kScale);
  ExecutionSlot slot(engine, MakeSlotOptions(1, 2));
  InThreads(4, [&](int thread) {
    for (int round = 0; round < 10; ++round) {
      if (thread == 0) {
        const std::vector<float> values = Rows(2, round);
        EXPECT_EQ(RunScale(slot, 0, values), Scaled(values));
      } else {
        EXPECT_NE(engine->Whole([](Engine& whole) { return whole.Inspect(); }), "");
        EXPECT_EQ(engine->engine().facts().name, "scale");
        EXPECT_EQ(engine->engine().tensors().size(), 2U);
      }
    }
  });
}

TEST_P(EngineTest, RefusesAPlanThatIsLargerThanTheFreeMemory) {
  const auto load = [&](bool check) {
    LoadRequest request;
    request.plan = MakePlan(GetParam(), kScale);
    request.check_memory = check;
    LoadedEngine(Library(), std::move(request));
  };
  const InjectedFailure failure("cuMemGetInfo_v2", 2);
  EXPECT_EQ(CodeOf([&] { load(true); }), "ERR_GPU_MEMORY");
  EXPECT_EQ(CodeOf([&] { load(false); }), "");
}

TEST_P(EngineTest, IsRefittedByOneThreadAtATime) {
  const auto engine = LoadEngine(GetParam(), std::string(kScale) + "refittable\n");
  ExecutionSlot slot(engine, MakeSlotOptions(1, 2));
  const std::vector<float> values = Rows(2, 3);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(RunScale(slot, 0, values), Scaled(values));
  InThreads(4, [&](int) {
    const float seven = 7;
    for (int round = 0; round < 5; ++round) {
      engine->Whole([&](Engine& whole) {
        EXPECT_FALSE(whole.RefittableWeights().empty());
        RefitRequest request;
        request.weights = {{"two", "float32", &seven, 1}};
        whole.Refit(request);
      });
      slot.InvalidateGraphs();
    }
  });
  std::vector<float> expected = values;
  for (float& value : expected) value = 7 * value + 1;
  for (int round = 0; round < 3; ++round) EXPECT_EQ(RunScale(slot, 0, values), expected);
}

TEST_P(EngineTest, StreamsItsWeights) {
  const std::string description = std::string(kScale) + "streamable 4096\n";
  LoadRequest request;
  request.plan = MakePlan(GetParam(), description);
  request.weight_streaming_budget = kAutomaticBudget;
  const auto engine = std::make_shared<LoadedEngine>(Library(), std::move(request));
  engine->SetWeightStreamingBudget(1024);
  EXPECT_EQ(engine->Whole([](Engine& whole) { return whole.weight_streaming().budget_bytes; }),
            1024);
  ExecutionSlot slot(engine, MakeSlotOptions(2, 2));
  InThreads(2, [&](int lane) {
    for (int round = 0; round < 5; ++round) {
      JobReport report;
      const std::vector<float> values = Rows(2, round);
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(lane), values, {}, &report), Scaled(values));
      EXPECT_EQ(report.launch, "weightStreaming");
    }
  });
}

TEST_P(EngineTest, RunsOnMemoryOfItsOwnManagement) {
  const auto engine = LoadEngine(GetParam(), kScale);
  SlotOptions options = MakeSlotOptions(2, 0);
  options.context.memory = "userManaged";
  InThreads(3, [&](int thread) {
    ExecutionSlot slot(engine, options);
    for (int round = 0; round < 5; ++round) {
      const std::vector<float> values = Rows(1 + round, thread + round);
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(round % 2), values), Scaled(values));
    }
  });
}

TEST_P(EngineTest, IsSerializedByManyThreads) {
  const auto engine = LoadEngine(GetParam(), kScale);
  InThreads(4, [&](int) {
    const auto plan = engine->Whole([](Engine& whole) { return whole.Serialize({}); });
    EXPECT_GT(plan->size(), 64U);
  });
}

TEST_F(RtxEngineTest, BringsItsWeightsLater) {
  LoadRequest request;
  request.plan = MakePlan("tensorrt-rtx", kScale);
  request.deserialize.deferred_weights = true;
  const auto engine =
      std::make_shared<LoadedEngine>(OpenLibrary("tensorrt-rtx"), std::move(request));
  EXPECT_FALSE(engine->engine().AreWeightsLoaded());
  engine->LoadWeights();
  EXPECT_TRUE(engine->engine().AreWeightsLoaded());
  ExecutionSlot slot(engine, MakeSlotOptions(1, 0));
  EXPECT_EQ(RunScale(slot, 0, {1, 2, 3}), (std::vector<float>{3, 5, 7}));
}

TEST_F(RtxEngineTest, SharesARuntimeCacheAmongContexts) {
  const auto engine = LoadEngine("tensorrt-rtx", kScale);
  const EngineRuntimeCache cache(engine, {});
  SlotOptions options = MakeSlotOptions(1, 0);
  options.context.runtime_cache = cache.cache();
  InThreads(3, [&](int thread) {
    ExecutionSlot slot(engine, options);
    const std::vector<float> values = Rows(2, thread);
    EXPECT_EQ(RunScale(slot, 0, values), Scaled(values));
  });
  const std::vector<uint8_t> bytes = cache.Serialize();
  EXPECT_FALSE(bytes.empty());
  EXPECT_TRUE(EngineRuntimeCache(engine, bytes).accepted());
}

}  // namespace
}  // namespace tensorrt_node::test
