#include <string>
#include <vector>

#include "scale_engine.h"
#include "session/engine_runtime_cache.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class EngineTest : public ProductTest {};

INSTANTIATE_TEST_SUITE_P(Products, EngineTest, testing::ValuesIn(Products()), ProductName);

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

}  // namespace
}  // namespace tensorrt_node::test
