#include <NvInfer.h>
#include <NvInferRuntime.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "plans.h"
#include "selftest.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

const std::vector<float> kRow = {1, 2, 3};
const std::vector<float> kScaledRow = {3, 5, 7};

void TestRightNumbers() {
  Setup setup(Plan(kClassifier));
  nvinfer1::IExecutionContext& context = *setup.context;
  const std::vector<int64_t> ids = {5, 6, 7, INT64_MAX, 1, 2, 3, 4};
  const std::vector<int64_t> mask = {1, 1, 1, 0, 0, 0, -10, 0};
  CHECK(Equal(context.getTensorShape("logits"), {-1, 2}));
  const char* open[2] = {nullptr, nullptr};
  CHECK(context.inferShapes(2, open) == 2 && std::string(open[1]) == "mask");
  for (const char* name : {"input ids", "mask"}) {
    CHECK(context.setInputShape(name, MakeDims({2, 4})));
  }
  CHECK(context.inferShapes(0, nullptr) == 0 && context.allInputDimensionsSpecified());
  CHECK(Equal(context.getTensorShape("masked ids"), {2, 4}));
  CHECK(Equal(context.getTensorStrides("masked ids"), {4, 1}));
  CHECK(context.getMaxOutputSize("masked ids") == 64);

  const CUdeviceptr logits = setup.Upload(std::vector<float>(4));
  const CUdeviceptr masked = setup.Upload(std::vector<int64_t>(8));
  CHECK(setup.Bind("input ids", setup.Upload(ids)) && setup.Bind("mask", setup.Upload(mask)));
  CHECK(setup.Bind("logits", logits) && setup.Bind("masked ids", masked));
  CHECK(context.enqueueV3(setup.stream));
  CHECK((setup.Download<float>(logits, 4, setup.stream) == std::vector<float>{9, 0, 0, 7.5F}));
  CHECK((setup.Download<int64_t>(masked, 8, setup.stream) ==
         std::vector<int64_t>{5, 6, 7, 0, 0, 0, -30, 0}));
}

void TestBroadcasting() {
  Setup setup(Plan(kBroadcast));
  // a x b is [[9, 12, 15]], [[19, 26, 33]]; each row meets both rows of c.
  const CUdeviceptr a = setup.Upload(std::vector<int32_t>{1, 2, 3, 4});
  const CUdeviceptr c = setup.Upload(std::vector<int32_t>{10, 20});
  const CUdeviceptr y = setup.Upload(std::vector<int32_t>(6));
  CHECK(setup.Bind("a", a) && setup.Bind("c", c) && setup.Bind("y", y));
  CHECK(Equal(setup.context->getTensorShape("y"), {1, 2, 3}));
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK((setup.Download<int32_t>(y, 6, setup.stream) ==
         std::vector<int32_t>{48, 58, 68, 68, 78, 88}));
}

void TestRefusedInferences() {
  Setup setup(Plan(kScale));
  nvinfer1::IExecutionContext& context = *setup.context;
  const auto refused = [&](bool result, const std::string& reason) {
    return !result && setup.listener.TookError(reason);
  };
  CHECK(refused(context.setInputShape("x", MakeDims({9, 3})), "allows [1,3] to [4,3]"));
  CHECK(refused(context.setInputShape("x", MakeDims({1, 2})), "the network has [-1,3]"));
  CHECK(refused(context.setInputShape("y", MakeDims({1, 3})), "'y' is no input"));
  CHECK(refused(context.setInputShape("z", MakeDims({1, 3})), "there is no IO tensor 'z'"));
  CHECK(refused(setup.Bind("z", 256), "there is no IO tensor 'z'"));
  CHECK(refused(setup.Bind("x", 257), "not aligned"));
  CHECK(refused(context.enqueueV3(setup.stream), "the address of 'x' is not set"));
  const CUdeviceptr y = setup.Upload(kRow);
  CHECK(setup.Bind("x", y) && setup.Bind("y", y));
  CHECK(refused(context.enqueueV3(setup.stream), "the shape of 'x' is not set"));
  CHECK(context.setInputShape("x", MakeDims({1, 3})));
  CHECK(refused(context.enqueueV3(nullptr), "CUDA_ERROR_INVALID_HANDLE"));
  CHECK(context.enqueueV3(setup.stream));
  CHECK(setup.Download<float>(y, 3, setup.stream) == kScaledRow);

  const CUstream stream = setup.stream;
  CHECK(refused(context.setOptimizationProfileAsync(2, stream), "no optimization profile 2"));
  CHECK(context.setOptimizationProfileAsync(1, stream) && context.getOptimizationProfile() == 1);
  CHECK(Equal(context.getTensorShape("x"), {-1, 3}));
  CHECK(refused(context.setInputShape("x", MakeDims({1, 3})), "allows [5,3] to [8,3]"));
  CHECK(context.setInputShape("x", MakeDims({6, 3})));
}

void TestOrder() {
  Setup setup(Plan(kScale));
  CUstream other = nullptr;
  CUevent consumed = nullptr;
  CUevent finished = nullptr;
  CHECK(cuStreamCreate(&other, 0) == CUDA_SUCCESS);
  CHECK(cuEventCreate(&consumed, 0) == CUDA_SUCCESS);
  CHECK(cuEventCreate(&finished, 0) == CUDA_SUCCESS);
  const CUdeviceptr y = setup.BindScale(kRow);
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(setup.context->setInputConsumedEvent(consumed));
  Gate gate(setup.stream);
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuEventQuery(consumed) == CUDA_ERROR_NOT_READY);
  CHECK(!setup.context->enqueueV3(setup.stream));
  CHECK(setup.listener.TookError("is in flight already"));
  // The other stream waits for nothing, so it sees what was there before.
  CHECK(setup.Download<float>(y, 3, other) != kScaledRow);
  CHECK(cuEventRecord(finished, setup.stream) == CUDA_SUCCESS);
  CHECK(cuStreamWaitEvent(other, finished, 0) == CUDA_SUCCESS);
  gate.Open();
  CHECK(setup.Download<float>(y, 3, other) == kScaledRow);
  CHECK(cuEventQuery(consumed) == CUDA_SUCCESS);
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(cuStreamDestroy_v2(other) == CUDA_SUCCESS);
  CHECK(cuEventDestroy_v2(consumed) == CUDA_SUCCESS);
  CHECK(cuEventDestroy_v2(finished) == CUDA_SUCCESS);
}

void TestExecutionFaults() {
  const std::string too_small = RunInChild({}, [] {
    Setup setup(Plan(kScale));
    setup.BindScale(kRow);
    CHECK(setup.Bind("y", setup.Upload(std::vector<float>(2))));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(!setup.context->enqueueV3(setup.stream));
    CHECK(setup.listener.TookError("CUDA_ERROR_ILLEGAL_ADDRESS"));
  });
  CHECK(Contains(too_small, "a kernel used 12 bytes that are in no live allocation"));
  const std::string unordered = RunInChild({}, [] {
    Setup setup(Plan(kScale));
    CUstream other = nullptr;
    CHECK(cuStreamCreate(&other, 0) == CUDA_SUCCESS);
    setup.BindScale(kRow);
    Gate gate(other);
    CHECK(setup.context->setOptimizationProfileAsync(0, other));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_ERROR_LAUNCH_FAILED);
  });
  CHECK(Contains(unordered, "change of optimization profile had not run"));
}

void TestInjectedFailures() {
  RunInChild({"STANDIN_TENSORRT_FAIL=enqueueV3:1:1,createExecutionContext:1"}, [] {
    Setup setup(Plan(kScale));
    const CUdeviceptr y = setup.BindScale(kRow);
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
    CHECK(!setup.context->enqueueV3(setup.stream));
    CHECK(setup.listener.TookError("enqueueV3: injected failure"));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(setup.Download<float>(y, 3, setup.stream) == kScaledRow);
    CHECK(setup.engine->createExecutionContext() == nullptr);
    CHECK(setup.listener.TookError("createExecutionContext: injected failure"));
  });
  RunInChild({"STANDIN_CUDA_FAIL=cuMemAlloc_v2:2:0:1"}, [] {
    Setup setup(Plan(kScale));
    CHECK(setup.engine == nullptr && setup.listener.TookError("CUDA_ERROR_OUT_OF_MEMORY"));
    const std::string plan = Plan(kScale);
    CHECK(cuCtxPopCurrent_v2(nullptr) == CUDA_SUCCESS);
    CHECK(setup.runtime->deserializeCudaEngine(plan.data(), plan.size()) == nullptr);
    CHECK(setup.listener.TookError("no CUDA context is current"));
    CHECK(cuCtxPushCurrent_v2(setup.current.context) == CUDA_SUCCESS);
  });
}

void TestSlowInference() {
  RunInChild({"STANDIN_TENSORRT_INFER_MS=50"}, [] {
    Setup setup(Plan(kScale));
    setup.BindScale(kRow);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(50));
  });
}

void TestReport() {
  const std::string report = TemporaryFile();
  RunInChild({"STANDIN_TENSORRT_REPORT=" + report}, [] {
    auto* setup = new Setup(Plan(kScale));
    setup->BindScale(kRow);
    Gate gate(setup->stream);
    CHECK(setup->context->enqueueV3(setup->stream));
    // Both in the wrong order: the engine first, and the context while it works.
    setup->engine.reset();
    CHECK(setup->listener.TookError("destroyed before its execution contexts"));
    std::thread opener([&gate, setup] {
      while (!Contains(setup->listener.logged(), "in flight")) std::this_thread::yield();
      gate.Open();
    });
    setup->context.reset();
    opener.join();
    CHECK(setup->listener.TookError("destroyed while its inference was in flight"));
    setup->engine.reset(
        setup->runtime->deserializeCudaEngine(Plan(kScale).data(), Plan(kScale).size()));
    setup->context.reset(setup->engine->createExecutionContext());
    // Leaked on purpose, and reachable, so that only the report complains.
    static Setup* volatile leaked = setup;
    CHECK(leaked->context != nullptr);
  });
  CHECK(Contains(ReadFile(report),
                 R"("runtimes":1,"engines":1,"contexts":1,"others":0,"violations":2,"calls":{)"));
  std::remove(report.c_str());
}

/// Four execution contexts of one engine, each with its thread and stream.
void TestConcurrentContexts() {
  Setup shared(Plan(kScale));
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&shared, worker] {
      Setup setup(Plan(kScale));
      setup.context.reset(shared.engine->createExecutionContext());
      for (int round = 0; round < 10; ++round) {
        const auto value = static_cast<float>(worker * 100 + round);
        const CUdeviceptr y = setup.BindScale({value, 0, -value});
        CHECK(setup.context->enqueueV3(setup.stream));
        const std::vector<float> expected = {2 * value + 1, 1, -2 * value + 1};
        CHECK(setup.Download<float>(y, 3, setup.stream) == expected);
        CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void TestContracts() {
  TestRightNumbers();
  TestBroadcasting();
  TestRefusedInferences();
  TestOrder();
  TestConcurrentContexts();
}

}  // namespace

void TestTensorRT() {
  TestExecutionFaults();
  TestInjectedFailures();
  TestSlowInference();
  TestReport();
  RunBothWays(TestContracts);
  TestTensorRTContexts();
  TestTensorRTEngine();
  TestTensorRTGraphs();
  TestTensorRTInstruments();
  TestTensorRTOperators();
  TestTensorRTRefit();
  TestTensorRTShapes();
  TestTensorRTWeights();
}

}  // namespace selftest
