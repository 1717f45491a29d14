// Where weights are: streamed, deferred, read from streams; and what a plan's header says.

#include <cstring>

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

using nvinfer1::SeekPosition;

const std::string kStreamed = std::string(kScale) + "streamable 1048576\n";

void CheckScale(Setup& setup) {
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

void TestWeightStreaming() {
  Setup setup(Plan(kStreamed));
  nvinfer1::ICudaEngine& engine = *setup.engine;
  constexpr int64_t kAll = 1 << 20;
  CHECK(engine.getStreamableWeightsSize() == kAll);
  CHECK(engine.getWeightStreamingBudgetV2() == kAll);
  CHECK(engine.getWeightStreamingAutomaticBudget() == kAll);
  CHECK(engine.getWeightStreamingScratchMemorySize() == 0);
  CHECK(engine.getEngineStat(nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE) == kAll + 8);
  CHECK(!engine.setWeightStreamingBudgetV2(0));
  CHECK(setup.listener.TookError("has execution contexts"));
  setup.context.reset();
  CHECK(!engine.setWeightStreamingBudgetV2(-1) && setup.listener.TookError("is negative"));
  const int64_t before = FreeBytes();
  CHECK(engine.setWeightStreamingBudgetV2(kAll / 4));
  CHECK(FreeBytes() - before == kAll * 3 / 4);
  CHECK(engine.getWeightStreamingScratchMemorySize() == kAll / 8);
  CHECK(engine.getDeviceMemorySizeV2() == 1024 + kAll / 8);
  setup.context.reset(engine.createExecutionContext());
  // The call waits for the inference.
  setup.BindScale({1, 2, 3});
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamQuery(setup.stream) == CUDA_SUCCESS);
  CheckScale(setup);
  Setup plain(Plan(kScale));
  plain.context.reset();
  CHECK(!plain.engine->setWeightStreamingBudgetV2(0));
  CHECK(plain.listener.TookError("was not built for weight streaming"));
}

/// A plan in memory. `TensorRT's` copies to the device come with a stream.
class Reader final : public nvinfer1::IStreamReaderV2 {
 public:
  explicit Reader(std::string plan) : plan_(std::move(plan)) {}

  int64_t read(void* destination, int64_t bytes, cudaStream_t stream) noexcept override {
    ++reads;
    const int64_t count = std::min(bytes, static_cast<int64_t>(plan_.size()) - position_);
    if (stream == nullptr) {
      std::memcpy(destination, plan_.data() + position_, count);
    } else if (takes_device) {
      const auto address = reinterpret_cast<CUdeviceptr>(destination);
      cuMemcpyHtoDAsync_v2(address, plan_.data() + position_, count, stream);
    } else {
      return -1;
    }
    position_ += count;
    return count;
  }
  bool seek(int64_t offset, SeekPosition where) noexcept override {
    position_ = where == SeekPosition::kSET ? offset : position_ + offset;
    return seeks;
  }

  bool takes_device = true;
  bool seeks = true;
  int reads = 0;

 private:
  const std::string plan_;
  int64_t position_ = 0;
};

void TestStreamReaders() {
  Setup setup(Plan(kScale));
  const auto load = [&](Reader& reader) {
    setup.context.reset();
    setup.engine.reset(setup.runtime->deserializeCudaEngine(reader));
    return setup.engine != nullptr;
  };
  Reader good(Plan(kScale));
  CHECK(load(good) && good.reads > 3);
  setup.context.reset(setup.engine->createExecutionContext());
  CheckScale(setup);
  Reader host_only(Plan(kScale));
  host_only.takes_device = false;
  CHECK(!load(host_only) && setup.listener.TookError("ends inside the plan"));
  Reader forward_only(Plan(kScale));
  forward_only.seeks = false;
  CHECK(!load(forward_only) && setup.listener.TookError("cannot be positioned"));
  const std::string plan = Plan(kScale);
  Reader cut(plan.substr(0, plan.size() - 1));
  CHECK(!load(cut) && setup.listener.TookError("ends inside the plan"));
}

#ifdef TRT_MAJOR_RTX

void TestDeferredWeights() {
  Setup setup(Plan(kScale));
  const std::string plan = Plan(kScale);
  CHECK(!setup.engine->unloadWeights() && setup.listener.TookError("was not deferred"));
  CHECK(setup.engine->areWeightsLoaded());
  setup.context.reset();
  setup.engine.reset();
  setup.runtime->setDeferredWeightsLoading(true);
  const int64_t before = FreeBytes();
  setup.engine.reset(setup.runtime->deserializeCudaEngine(plan.data(), plan.size()));
  nvinfer1::ICudaEngine& engine = *setup.engine;
  CHECK(!engine.areWeightsLoaded() && FreeBytes() == before);
  setup.context.reset(engine.createExecutionContext());
  setup.BindScale({1, 2, 3});
  CHECK(!setup.context->enqueueV3(setup.stream) && setup.listener.TookError("are not loaded"));
  CHECK(engine.serialize() == nullptr && setup.listener.TookError("does not own"));
  CHECK(!engine.loadWeights("x", 1) && setup.listener.TookError("not the engine's plan"));
  CHECK(engine.loadWeights(plan.data(), static_cast<int64_t>(plan.size())));
  CHECK(engine.areWeightsLoaded());
  CheckScale(setup);
  CHECK(!engine.loadWeights(plan.data(), static_cast<int64_t>(plan.size())));
  CHECK(setup.listener.TookError("loaded already"));
  CHECK(engine.unloadWeights() && !engine.areWeightsLoaded());
  Reader reader(plan);
  CHECK(engine.loadWeightsAsync(reader, setup.stream) && engine.areWeightsLoaded());
  CheckScale(setup);
}

/// An inference on a stream that does not wait for the one that loads the weights.
void TestUnorderedWeights() {
  const std::string complaints = RunInChild({}, [] {
    Setup setup(Plan(kScale));
    const std::string plan = Plan(kScale);
    setup.context.reset();
    setup.runtime->setDeferredWeightsLoading(true);
    setup.engine.reset(setup.runtime->deserializeCudaEngine(plan.data(), plan.size()));
    setup.context.reset(setup.engine->createExecutionContext());
    setup.BindScale({1, 2, 3});
    CUstream other = nullptr;
    CHECK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    Gate gate(other);
    Reader reader(plan);
    CHECK(setup.engine->loadWeightsAsync(reader, other));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_ERROR_LAUNCH_FAILED);
  });
  CHECK(Contains(complaints, "weights had not been loaded when the inference ran"));
}

void TestValidityInHeader() {
  using nvinfer1::EngineInvalidityDiagnostics;
  using nvinfer1::EngineValidity;
  Setup setup(Plan(kScale));
  uint64_t diagnostics = 0;
  const auto validity = [&](const std::string& plan) {
    return setup.runtime->getEngineValidity(plan.data(), 64, &diagnostics);
  };
  std::string plan = Plan(kScale);
  plan[32] = 1;
  CHECK(validity(plan) == EngineValidity::kSUBOPTIMAL && diagnostics == 0);
  plan[40] = static_cast<char>(EngineInvalidityDiagnostics::kUNSUPPORTED_CC);
  plan[24] = 0;
  CHECK(validity(plan) == EngineValidity::kINVALID);
  CHECK(diagnostics == (uint64_t(EngineInvalidityDiagnostics::kUNSUPPORTED_CC) |
                        uint64_t(EngineInvalidityDiagnostics::kVERSION_MISMATCH)));
}

#endif

}  // namespace

void TestTensorRTWeights() {
  RunBothWays([] {
    TestWeightStreaming();
    TestStreamReaders();
#ifdef TRT_MAJOR_RTX
    TestDeferredWeights();
    TestValidityInHeader();
#endif
  });
#ifdef TRT_MAJOR_RTX
  TestUnorderedWeights();
#endif
}

}  // namespace selftest
