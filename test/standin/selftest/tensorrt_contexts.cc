// Optimization profiles, memory of contexts, and the runtime configuration.

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

using Allocation = nvinfer1::ExecutionContextAllocationStrategy;

/// kScale with other scratch memory in its second profile.
const std::string kUneven = std::string(kScale) + "profileScratch 4096\n";

/// Two contexts at once, each on its profile.
void TestProfilesAtOnce() {
  Setup setup(Plan(kScale));
  const Owned<nvinfer1::IExecutionContext> large(setup.engine->createExecutionContext());
  CUstream other = nullptr;
  CHECK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  CHECK(large->setOptimizationProfileAsync(1, other));
  CHECK(large->setInputShape("x", MakeDims({6, 3})));
  const std::vector<float> ones(18, 1.0F);
  const CUdeviceptr large_x = setup.Upload(ones);
  const CUdeviceptr large_y = setup.Upload(std::vector<float>(18));
  CHECK(large->setTensorAddress("x", reinterpret_cast<void*>(large_x)));
  CHECK(large->setTensorAddress("y", reinterpret_cast<void*>(large_y)));
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(setup.context->enqueueV3(setup.stream) && large->enqueueV3(other));
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  CHECK(setup.Download<float>(large_y, 18, other) == std::vector<float>(18, 3.0F));
  CHECK(cuStreamSynchronize(other) == CUDA_SUCCESS && cuStreamDestroy_v2(other) == CUDA_SUCCESS);
}

Owned<nvinfer1::IExecutionContext> CreateWith(Setup& setup, Allocation strategy) {
  const Owned<nvinfer1::IRuntimeConfig> config(setup.engine->createRuntimeConfig());
  config->setExecutionContextAllocationStrategy(strategy);
  return Owned<nvinfer1::IExecutionContext>(setup.engine->createExecutionContext(config.get()));
}

void TestAllocationStrategies() {
  Setup setup(Plan(kUneven));
  CHECK(setup.engine->getDeviceMemorySizeV2() == 4096);
  CHECK(setup.engine->getDeviceMemorySizeForProfileV2(0) == 1024);
  CHECK(setup.engine->getDeviceMemorySizeForProfileV2(1) == 4096);
  int64_t before = FreeBytes();
  auto context = CreateWith(setup, Allocation::kON_PROFILE_CHANGE);
  CHECK(context->getRuntimeConfig()->getExecutionContextAllocationStrategy() ==
        Allocation::kON_PROFILE_CHANGE);
  CHECK(before - FreeBytes() == 1024);
  CHECK(context->setOptimizationProfileAsync(1, setup.stream) && before - FreeBytes() == 4096);
  context = CreateWith(setup, Allocation::kSTATIC);
  CHECK(before - FreeBytes() == 4096);
  context->setDeviceMemoryV2(nullptr, 0);
  CHECK(setup.listener.TookError("manages its memory itself"));

  setup.context = CreateWith(setup, Allocation::kUSER_MANAGED);
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(!setup.context->enqueueV3(setup.stream));
  CHECK(setup.listener.TookError("1024 bytes are needed"));
  // A quarter of the largest input of the profile.
  CHECK(setup.context->updateDeviceMemorySizeForShapes() == 256);
  const CUdeviceptr scratch = setup.Upload(std::vector<char>(256));
  setup.context->setDeviceMemoryV2(reinterpret_cast<void*>(scratch), 256);
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(setup.context->setInputShape("x", MakeDims({1, 3})));
  CHECK(!setup.context->enqueueV3(setup.stream));
  CHECK(setup.listener.TookError("too small or not set"));
}

/// Two contexts in the same scratch memory, the second while the first has its mark there.
void TestSharedScratch() {
  const std::string complaints = RunInChild({}, [] {
    Setup first(Plan(std::string(kScale) + "auxStreams 1\n"));
    Setup second(Plan(kScale));
    CUstream aux = nullptr;
    CUevent consumed = nullptr;
    CHECK(cuStreamCreate(&aux, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    CHECK(cuEventCreate(&consumed, 0) == CUDA_SUCCESS);
    const CUdeviceptr scratch = first.Upload(std::vector<char>(1024));
    for (Setup* setup : {&first, &second}) {
      setup->context = CreateWith(*setup, Allocation::kUSER_MANAGED);
      setup->BindScale({1, 2, 3});
      setup->context->setDeviceMemoryV2(reinterpret_cast<void*>(scratch), 1024);
    }
    first.context->setAuxStreams(&aux, 1);
    CHECK(first.context->setInputConsumedEvent(consumed));
    Gate gate(aux);
    CHECK(first.context->enqueueV3(first.stream));
    CHECK(cuEventSynchronize(consumed) == CUDA_SUCCESS);
    CHECK(second.context->enqueueV3(second.stream));
    CHECK(cuStreamSynchronize(second.stream) == CUDA_SUCCESS);
    gate.Open();
    CHECK(cuStreamSynchronize(first.stream) == CUDA_ERROR_LAUNCH_FAILED);
  });
  CHECK(Contains(complaints, "scratch memory of an inference was used by something else"));
}

#ifdef TRT_MAJOR_RTX

std::string Bytes(const nvinfer1::IRuntimeCache& cache) {
  const Owned<nvinfer1::IHostMemory> memory(cache.serialize());
  return std::string(static_cast<const char*>(memory->data()), memory->size());
}

void TestRuntimeCache() {
  Setup setup(Plan(kScale));
  const Owned<nvinfer1::IRuntimeConfig> config(setup.engine->createRuntimeConfig());
  const Owned<nvinfer1::IRuntimeCache> cache(config->createRuntimeCache());
  const std::string empty = Bytes(*cache);
  CHECK(config->getRuntimeCache() == nullptr && config->setRuntimeCache(*cache));
  CHECK(config->getRuntimeCache() == cache.get());
  CHECK(config->setCudaGraphStrategy(nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE));
  setup.context.reset(setup.engine->createExecutionContext(config.get()));
  CHECK(setup.context->getRuntimeConfig()->getCudaGraphStrategy() ==
        nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE);
  setup.BindScale({1, 2, 3});
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  const std::string one = Bytes(*cache);
  CHECK(one.size() > empty.size());
  // The same shapes add nothing.
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS && Bytes(*cache) == one);
  setup.BindScale({1, 2, 3, 4, 5, 6});
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS && Bytes(*cache).size() > one.size());

  const Owned<nvinfer1::IRuntimeCache> other(config->createRuntimeCache());
  CHECK(other->deserialize(one.data(), one.size()) && Bytes(*other) == one);
  CHECK(!other->deserialize(one.data(), one.size() - 1) && Bytes(*other) == one);
  std::string old = one;
  old[old.find("1.7")] = '0';
  CHECK(!other->deserialize(old.data(), old.size()) && !other->deserialize("", 0));
  CHECK(other->reset() && Bytes(*other) == empty);
}

/// What the report counts: a warm cache leaves nothing to compile.
void TestCompilations() {
  const std::string report = TemporaryFile();
  RunInChild({"STANDIN_TENSORRT_REPORT=" + report}, [] {
    Setup setup(Plan(kScale));
    const Owned<nvinfer1::IRuntimeConfig> config(setup.engine->createRuntimeConfig());
    const Owned<nvinfer1::IRuntimeCache> cache(config->createRuntimeCache());
    CHECK(config->setRuntimeCache(*cache));
    for (int context = 0; context < 2; ++context) {
      setup.context.reset(setup.engine->createExecutionContext(config.get()));
      setup.BindScale({1, 2, 3});
      CHECK(setup.context->enqueueV3(setup.stream));
      CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
    }
  });
  CHECK(Contains(ReadFile(report), "\"compileKernels\":1,"));
  CHECK(Contains(ReadFile(report), "\"createExecutionContext:lazy\":3"));
  std::remove(report.c_str());
}

#endif

}  // namespace

void TestTensorRTContexts() {
  RunBothWays([] {
    TestProfilesAtOnce();
    TestAllocationStrategies();
  });
  TestSharedScratch();
#ifdef TRT_MAJOR_RTX
  RunBothWays(TestRuntimeCache);
  TestCompilations();
#endif
}

}  // namespace selftest
