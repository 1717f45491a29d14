// What fails below TensorRT must come out as a typed error, never hang, and leave nothing behind.

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "scale_engine.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

constexpr int kOutOfMemory = 2;
constexpr int kDeviceLost = 46;  // CUDA_ERROR_DEVICE_UNAVAILABLE

/// What a driver or TensorRT that fails may be reported as.
const std::set<std::string> kTypedErrors = {"ERR_GPU_MEMORY",         "ERR_CUDA",
                                            "ERR_TRT_INFER",          "ERR_FEED",
                                            "ERR_TRT_ENGINE_INVALID", "ERR_NO_GPU"};

/// Jobs on several contexts and threads, some of which fail; each is right or a typed error.
struct Tally {
  std::atomic<int> right{0};
  std::atomic<int> failed{0};
};

void RunJobs(const std::string& product, Tally& tally) {
  const auto count = [&tally](const std::string& code) {
    const bool expected = kTypedErrors.count(code) > 0;
    // In a process of its own only the standard error is shown.
    if (!expected) std::fprintf(stderr, "Unexpected error code: %s\n", code.c_str());
    EXPECT_TRUE(expected);
    ++tally.failed;
  };
  InThreads(4, [&](int thread) {
    const std::string code = CodeOf([&] {
      const auto engine = LoadEngine(product, kScale, thread % 2);
      ExecutionSlot slot(engine, MakeSlotOptions(2, 2));
      InThreads(2, [&](int lane) {
        for (int round = 0; round < 8; ++round) {
          const std::vector<float> values = Rows(1 + round / 3, thread + round);
          const std::string failure = CodeOf([&] {
            EXPECT_EQ(RunScale(slot, static_cast<size_t>(lane), values), Scaled(values));
          });
          if (failure.empty()) {
            ++tally.right;
          } else {
            count(failure);
          }
        }
      });
    });
    if (!code.empty()) count(code);
  });
}

/// A function of the driver that fails after some calls, and the error that it returns.
using Fault = std::tuple<std::string, int, int>;

class FaultTest : public StandinTest,
                  public testing::WithParamInterface<std::tuple<std::string, Fault>> {};

std::string FaultName(const testing::TestParamInfo<std::tuple<std::string, Fault>>& info) {
  const auto& [product, fault] = info.param;
  const auto& [function, error, after] = fault;
  return (product == "tensorrt" ? "TensorRT_" : "RTX_") + function + "_" + std::to_string(error) +
         "_after" + std::to_string(after);
}

INSTANTIATE_TEST_SUITE_P(
    Driver, FaultTest,
    testing::Combine(testing::ValuesIn(Products()),
                     testing::Values(Fault{"cuMemAlloc_v2", kOutOfMemory, 0},
                                     Fault{"cuMemAlloc_v2", kOutOfMemory, 6},
                                     Fault{"cuMemHostAlloc", kOutOfMemory, 3},
                                     Fault{"cuStreamCreateWithPriority", kOutOfMemory, 2},
                                     Fault{"cuEventCreate", kOutOfMemory, 3},
                                     Fault{"cuMemcpyHtoDAsync_v2", kDeviceLost, 5},
                                     Fault{"cuMemcpyDtoHAsync_v2", kDeviceLost, 5},
                                     Fault{"cuStreamWaitEvent", kDeviceLost, 5},
                                     Fault{"cuStreamBeginCapture_v2", kOutOfMemory, 1},
                                     Fault{"cuGraphInstantiateWithFlags", kOutOfMemory, 1},
                                     Fault{"cuGraphLaunch", kOutOfMemory, 2})),
    FaultName);

TEST_P(FaultTest, EndsInATypedErrorAndLeavesNothing) {
  const auto& [product, fault] = GetParam();
  const auto& [function, error, after] = fault;
  Tally faulty;
  {
    const InjectedFailure failure(function, error, after);
    RunJobs(product, faulty);
  }
  // A failed capture is a plain launch; everything else fails the job.
  const bool covered =
      function == "cuStreamBeginCapture_v2" || function == "cuGraphInstantiateWithFlags";
  EXPECT_EQ(faulty.failed == 0, covered);
  Tally healthy;
  RunJobs(product, healthy);
  EXPECT_EQ(healthy.failed, 0);
  EXPECT_EQ(healthy.right, 4 * 2 * 8);
}

/// What makes a context unusable for good, or fails from the start, needs a process of its own,
/// where it is set before the stand-ins are used: they read their environment at the first call.
class FatalFaultTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

INSTANTIATE_TEST_SUITE_P(Products, FatalFaultTest,
                         testing::Combine(testing::ValuesIn(Products()),
                                          testing::Values("STANDIN_CUDA_FAULT=cuLaunchKernel:719:3",
                                                          "STANDIN_TENSORRT_FAIL=enqueueV3:3:4",
                                                          "STANDIN_TENSORRT_FAIL=inferShapes:3:4",
                                                          "STANDIN_TENSORRT_FAIL=setInputShape:3:4",
                                                          "STANDIN_TENSORRT_FAIL="
                                                          "createExecutionContext:1:2",
                                                          "STANDIN_TENSORRT_FAIL="
                                                          "deserializeCudaEngine:1:1",
                                                          "STANDIN_CUDA_FAIL=cuMemAlloc_v2:2:7:5",
                                                          "STANDIN_CUDA_MEMORY=2000")));

TEST_P(FatalFaultTest, EndsTheJobsAndNotTheProcess) {
  const auto& [product, variable] = GetParam();
  const auto scenario = [&product = product, &variable = variable] {
    const size_t equals = variable.find('=');
    alarm(kSecondsPerTest);
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    Tally tally;
    RunJobs(product, tally);
    EXPECT_GT(tally.failed, 0);
    std::exit(HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(scenario(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tensorrt_node::test
