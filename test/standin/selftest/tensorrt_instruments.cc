// What looks into an engine or an inference: inspector, profiler, debug tensors, other streams.

#include <map>

#include "NvInfer.h"
#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

using nvinfer1::LayerInformationFormat;

const std::string kLookedAt = std::string(kScale) +
                              "verbosity detailed\nhardware amperePlus\nauxStreams 2\n"
                              "debug \"doubled\"\ndebug \"y\"\n";

class Profiler final : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(const char* layer, float milliseconds) noexcept override {
    CHECK(milliseconds >= 0);
    layers.push_back(layer);
  }
  std::vector<std::string> layers;
};

class Debugger final : public nvinfer1::IDebugListener {
 public:
  explicit Debugger(Setup& setup) : setup_(setup) {}

  bool processDebugTensor(const void* address, nvinfer1::TensorLocation location,
                          nvinfer1::DataType type, const nvinfer1::Dims& shape, const char* name,
                          cudaStream_t stream) override {
    CHECK(location == nvinfer1::TensorLocation::kDEVICE && type == nvinfer1::DataType::kFLOAT);
    CHECK(Equal(shape, {1, 3}));
    seen[name] = setup_.Download<float>(reinterpret_cast<CUdeviceptr>(address), 3, stream);
    CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
    return accepts;
  }

  std::map<std::string, std::vector<float>> seen;
  bool accepts = true;

 private:
  Setup& setup_;
};

void TestInspector() {
  Setup setup(Plan(kLookedAt));
  CHECK(setup.engine->getProfilingVerbosity() == nvinfer1::ProfilingVerbosity::kDETAILED);
  CHECK(setup.engine->getHardwareCompatibilityLevel() ==
        nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
  const Owned<nvinfer1::IEngineInspector> inspector(setup.engine->createEngineInspector());
  const auto json = [&] {
    return std::string(inspector->getEngineInformation(LayerInformationFormat::kJSON));
  };
  CHECK(Contains(json(), R"({"Name":"mul doubled","LayerType":"mul","Inputs":[{"Name":"x",)"));
  CHECK(Contains(json(), R"({"Name":"y","Dimensions":[-1,3],"Datatype":"float32"})"));
  CHECK(Contains(json(), R"("I/O Tensors":["x","y"]})"));
  CHECK(setup.context->setInputShape("x", MakeDims({4, 3})));
  CHECK(inspector->setExecutionContext(setup.context.get()));
  CHECK(Contains(json(), R"({"Name":"y","Dimensions":[4,3],)"));
  CHECK(std::string(inspector->getLayerInformation(2, LayerInformationFormat::kONELINE)) ==
        "mul doubled");
  Setup silent(Plan(std::string(kScale) + "verbosity none\n"));
  const Owned<nvinfer1::IEngineInspector> blind(silent.engine->createEngineInspector());
  CHECK(blind->getEngineInformation(LayerInformationFormat::kJSON) == nullptr);
}

void TestProfiler() {
  Setup setup(Plan(kLookedAt));
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(!setup.context->reportToProfiler() && setup.listener.TookError("there is no profiler"));
  Profiler profiler;
  setup.context->setProfiler(&profiler);
  CHECK(setup.context->getProfiler() == &profiler && setup.context->getEnqueueEmitsProfile());
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(profiler.layers.size() == 4 && profiler.layers[3] == "add y");
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  setup.context->setEnqueueEmitsProfile(false);
  CHECK(setup.context->enqueueV3(setup.stream) && profiler.layers.size() == 4);
  CHECK(setup.context->reportToProfiler() && profiler.layers.size() == 8);
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

void TestDebugTensors() {
  Setup setup(Plan(kLookedAt));
  nvinfer1::IExecutionContext& context = *setup.context;
  CHECK(setup.engine->isDebugTensor("doubled") && !setup.engine->isDebugTensor("x"));
  Debugger debugger(setup);
  CHECK(context.setDebugListener(&debugger) && context.getDebugListener() == &debugger);
  CHECK(!context.setTensorDebugState("x", true) && setup.listener.TookError("no debug tensor 'x'"));
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(context.enqueueV3(setup.stream) && debugger.seen.empty());
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(context.setTensorDebugState("doubled", true) && context.getDebugState("doubled"));
  CHECK(context.enqueueV3(setup.stream) && debugger.seen.size() == 1);
  CHECK((debugger.seen["doubled"] == std::vector<float>{2, 4, 6}));
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(context.setAllTensorsDebugState(true));
  CHECK(context.enqueueV3(setup.stream) && debugger.seen.size() == 2);
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  debugger.accepts = false;
  CHECK(!context.enqueueV3(setup.stream) && setup.listener.TookError("the debug listener refused"));
  CHECK(context.setAllTensorsDebugState(false) && context.enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

/// What is on an auxiliary stream comes before the end of the inference.
void TestAuxStreams() {
  Setup setup(Plan(kLookedAt));
  CHECK(setup.engine->getNbAuxStreams() == 2);
  CUstream aux = nullptr;
  CHECK(cuStreamCreate(&aux, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  setup.context->setAuxStreams(&aux, 1);
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  Gate gate(aux);
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamQuery(setup.stream) == CUDA_ERROR_NOT_READY);
  gate.Open();
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{3, 5, 7}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS &&
        cuStreamDestroy_v2(aux) == CUDA_SUCCESS);
}

void TestSettings() {
  Setup setup(Plan(kScale));
  setup.context->setPersistentCacheLimit(1000);
  CHECK(setup.context->getPersistentCacheLimit() == 1000);
  CHECK(setup.context->setNvtxVerbosity(nvinfer1::ProfilingVerbosity::kNONE));
  CHECK(setup.context->getNvtxVerbosity() == nvinfer1::ProfilingVerbosity::kNONE);
  // The runtime, the engine and the context hold the recorder, each once.
  CHECK(setup.listener.references() == 3);
  setup.context->setErrorRecorder(nullptr);
  CHECK(setup.listener.references() == 2 && setup.context->getErrorRecorder() == nullptr);
  setup.context.reset();
  setup.engine.reset();
  CHECK(setup.listener.references() == 1);
}

}  // namespace

void TestTensorRTInstruments() {
  RunBothWays([] {
    TestInspector();
    TestProfiler();
    TestDebugTensors();
    TestAuxStreams();
    TestSettings();
  });
}

}  // namespace selftest
