// What a library, a plan and an engine say of themselves.

#include <NvInfer.h>

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

void TestIdentity() {
  CHECK(getInferLibMajorVersion() == NV_TENSORRT_MAJOR);
  CHECK(getInferLibBuildVersion() == NV_TENSORRT_BUILD);
  CHECK(getInferLibVersion() == NV_TENSORRT_VERSION);
  CHECK(getLogger() == nullptr);
  int32_t creators = -1;
  CHECK(getPluginRegistry()->getAllCreators(&creators) == nullptr && creators == 0);
  CHECK(nvinfer1::getBuilderPluginRegistry(nvinfer1::EngineCapability::kSTANDARD) ==
        getPluginRegistry());
  Listener listener;
  CHECK(nvinfer1::createInferBuilder(listener) == nullptr);
  CHECK(Contains(listener.logged(), "1 stand-in: createInferBuilder is not implemented"));
  RunInChild({"STANDIN_TENSORRT_VERSION=9.8.7.6"}, [] {
    CHECK(getInferLibMajorVersion() == 9 && getInferLibMinorVersion() == 8);
    CHECK(getInferLibPatchVersion() == 7 && getInferLibBuildVersion() == 6);
    CHECK(getInferLibVersion() == 90807);
    Setup setup(Plan(kScale));
    CHECK(setup.engine == nullptr && setup.listener.TookError("Version tag does not match"));
  });
}

void TestRefusedPlans() {
  const std::string good = Plan(kScale);
  const auto refused = [](const std::string& plan, const std::string& reason) {
    Setup setup(plan);
    return setup.engine == nullptr && setup.listener.TookError(reason) &&
           Contains(setup.listener.logged(), "1 stand-in: deserializeCudaEngine: ");
  };
  CHECK(refused("", "too few"));
  CHECK(refused(std::string(500, 'x'), "Magic tag does not match"));
  CHECK(refused(Plan(kScale, kOtherMagic), "Magic tag does not match"));
  CHECK(refused(Plan(kScale, kMagic, {1, 2, 3, 4}), "built by 1.2.3.4"));
  CHECK(refused(good.substr(0, good.size() - 1), "Size specified in header does not match"));
  CHECK(refused(good + "x", "Size specified in header does not match"));
  CHECK(refused(Plan("input \"x\" int4 [1]\n"), "'int4' is not implemented"));
  CHECK(refused(Plan("input \"x\" float32 [1]\nop tan \"y\" \"x\"\n"), "'tan' is not implemented"));
  CHECK(refused(Plan("input \"x\" float32 [1]\nop add \"y\" \"x\"\n"), "has 1 operands"));
  CHECK(refused(Plan("input \"x\" float32 [1]\noutput \"y\"\n"), "there is no tensor 'y'"));
  CHECK(refused(Plan("input \"x\" float32 [-1]\noutput \"x\"\n"), "has no range"));
  CHECK(
      refused(Plan("input \"x\" float32 [2]\ninput \"y\" float32 [3]\nop add \"z\" \"x\" \"y\"\n"),
              "do not fit"));
}

void TestEngine() {
  Setup setup(Plan(kClassifier));
  const nvinfer1::ICudaEngine& engine = *setup.engine;
  CHECK(std::string(engine.getName()) == "classifier" && engine.getNbLayers() == 7);
  CHECK(engine.getNbIOTensors() == 4);
  CHECK(std::string(engine.getIOTensorName(0)) == "input ids");
  CHECK(std::string(engine.getIOTensorName(3)) == "masked ids");
  CHECK(engine.getTensorIOMode("mask") == nvinfer1::TensorIOMode::kINPUT);
  CHECK(engine.getTensorIOMode("logits") == nvinfer1::TensorIOMode::kOUTPUT);
  CHECK(engine.getTensorIOMode("weights") == nvinfer1::TensorIOMode::kNONE);
  CHECK(engine.getTensorDataType("mask") == nvinfer1::DataType::kINT64);
  CHECK(engine.getTensorDataType("logits") == nvinfer1::DataType::kFLOAT);
  CHECK(Equal(engine.getTensorShape("logits"), {-1, 2}));
  CHECK(engine.getTensorShape("nothing").nbDims == -1);
  CHECK(engine.getNbOptimizationProfiles() == 1);
  using nvinfer1::OptProfileSelector;
  CHECK(Equal(engine.getProfileShape("mask", 0, OptProfileSelector::kMAX), {8, 16}));
  CHECK(engine.getProfileShape("mask", 1, OptProfileSelector::kMAX).nbDims == -1);
  CHECK(Contains(setup.listener.logged(), "4 stand-in: engine 'classifier'"));
  CHECK(Contains(setup.listener.logged(), "2 stand-in: engines compute on the host"));

  const std::string plan = Plan(kClassifier);
  const Owned<nvinfer1::IHostMemory> serialized(setup.engine->serialize());
  CHECK(std::string(static_cast<char*>(serialized->data()), serialized->size()) == plan);
  const Owned<nvinfer1::IEngineInspector> inspector(setup.engine->createEngineInspector());
  CHECK(Contains(inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON),
                 "\"sum total\""));
  CHECK(nvinfer1::createInferRefitter(*setup.engine, setup.listener) == nullptr);
  CHECK(setup.listener.TookError("was not built to be refitted"));
  CHECK(!setup.context->setTemporaryStorageAllocator(nullptr));
  CHECK(setup.listener.TookError("setTemporaryStorageAllocator is not implemented"));
  CHECK(setup.engine->getIOTensorName(4) == nullptr && setup.listener.TookError("no IO tensor 4"));
}

#ifdef TRT_MAJOR_RTX

void TestValidity() {
  Listener listener;
  const Owned<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(listener));
  const auto validity = [&](const std::string& plan, uint64_t* diagnostics) {
    return runtime->getEngineValidity(plan.data(), static_cast<int64_t>(plan.size()), diagnostics);
  };
  uint64_t diagnostics = 99;
  CHECK(runtime->getEngineHeaderSize() == 64);
  CHECK(validity(Plan(kScale), &diagnostics) == nvinfer1::EngineValidity::kVALID);
  CHECK(diagnostics == 0);
  CHECK(validity(Plan(kScale, kMagic, {1, 6, 0, 0}), &diagnostics) ==
        nvinfer1::EngineValidity::kINVALID);
  CHECK(diagnostics == uint64_t(nvinfer1::EngineInvalidityDiagnostics::kVERSION_MISMATCH));
  CHECK(validity("garbage", nullptr) == nvinfer1::EngineValidity::kINVALID);
}

#endif

}  // namespace

void TestTensorRTEngine() {
  TestIdentity();
  RunBothWays([] {
    TestRefusedPlans();
    TestEngine();
#ifdef TRT_MAJOR_RTX
    TestValidity();
#endif
  });
}

}  // namespace selftest
