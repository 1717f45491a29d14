// Refitting, from memory and from files, and plans without weights.

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <fstream>

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

using nvinfer1::DataType;
using nvinfer1::TensorLocation;
using nvinfer1::Weights;

const std::string kRefittable = std::string(kScale) + "refittable\n";

/// y of kScale for x = 1, 2, 3.
std::vector<float> Run(Setup& setup) {
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  CHECK(setup.context->enqueueV3(setup.stream));
  const std::vector<float> result = setup.Download<float>(y, 3, setup.stream);
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  return result;
}

void TestNamedWeights() {
  Setup setup(Plan(kRefittable));
  CHECK(setup.engine->isRefittable() && (Run(setup) == std::vector<float>{3, 5, 7}));
  Owned<nvinfer1::IRefitter> refitter(nvinfer1::createInferRefitter(*setup.engine, setup.listener));
  refitter->setErrorRecorder(&setup.listener);
  const char* names[4] = {};
  CHECK(refitter->getAllWeights(4, names) == 2 && std::string(names[1]) == "one");
  CHECK(refitter->getMissingWeights(0, nullptr) == 0);
  CHECK(refitter->getWeightsPrototype("two").count == 1);
  CHECK(refitter->getWeightsPrototype("x").count == -1);
  const float ten = 10;
  const Weights weights{DataType::kFLOAT, &ten, 1};
  CHECK(!refitter->setNamedWeights("x", weights) && setup.listener.TookError("no weights 'x'"));
  CHECK(!refitter->setNamedWeights("two", Weights{DataType::kHALF, &ten, 1}));
  CHECK(setup.listener.TookError("float16 were given"));
  CHECK(refitter->setNamedWeights("two", weights));
  CHECK(refitter->getNamedWeights("two").values == &ten);
  // Nothing changes before the engine is refitted; then the contexts that exist see it.
  CHECK((Run(setup) == std::vector<float>{3, 5, 7}));
  CHECK(refitter->refitCudaEngine() && (Run(setup) == std::vector<float>{11, 21, 31}));

  const CUdeviceptr hundred = setup.Upload(std::vector<float>{100});
  const Weights on_device{DataType::kFLOAT, reinterpret_cast<void*>(hundred), 1};
  CHECK(refitter->setNamedWeights("one", on_device, TensorLocation::kDEVICE));
  CHECK(refitter->getWeightsLocation("one") == TensorLocation::kDEVICE);
  CHECK(refitter->refitCudaEngineAsync(setup.stream) && refitter->unsetNamedWeights("one"));
  CHECK((Run(setup) == std::vector<float>{110, 120, 130}));
  CHECK(refitter->releaseRefitResources());

  // What is serialized has the new numbers.
  const Owned<nvinfer1::IHostMemory> plan(setup.engine->serialize());
  Setup again(std::string(static_cast<char*>(plan->data()), plan->size()));
  CHECK((Run(again) == std::vector<float>{110, 120, 130}));
}

void TestRefitInFlight() {
  Setup setup(Plan(kRefittable));
  const Owned<nvinfer1::IRefitter> refitter(
      nvinfer1::createInferRefitter(*setup.engine, setup.listener));
  setup.BindScale({1, 2, 3});
  Gate gate(setup.stream);
  CHECK(setup.context->enqueueV3(setup.stream) && !refitter->refitCudaEngine());
  CHECK(Contains(setup.listener.logged(), "refitted while an inference was in flight"));
  gate.Open();
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

void TestStrippedPlans() {
  Setup setup(Plan(kRefittable + "fused \"one\" \"two\"\n"));
  const Owned<nvinfer1::ISerializationConfig> config(setup.engine->createSerializationConfig());
  CHECK(config->setFlag(nvinfer1::SerializationFlag::kEXCLUDE_WEIGHTS));
  const Owned<nvinfer1::IHostMemory> plan(setup.engine->serializeWithConfig(*config));
  Setup stripped(std::string(static_cast<char*>(plan->data()), plan->size()));
  CHECK(stripped.engine->getEngineStat(nvinfer1::EngineStat::kSTRIPPED_WEIGHTS_SIZE) == 8);
  CHECK(stripped.engine->getEngineStat(nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE) == 8);
  stripped.BindScale({1, 2, 3});
  CHECK(!stripped.context->enqueueV3(stripped.stream));
  CHECK(stripped.listener.TookError("'two' were stripped"));
  const Owned<nvinfer1::IRefitter> refitter(
      nvinfer1::createInferRefitter(*stripped.engine, stripped.listener));
  refitter->setErrorRecorder(&stripped.listener);
  const float four = 4;
  CHECK(refitter->getMissingWeights(0, nullptr) == 2);
  CHECK(refitter->setNamedWeights("two", Weights{DataType::kFLOAT, &four, 1}));
  CHECK(!refitter->refitCudaEngine() && stripped.listener.TookError("weights are missing: 'one'"));
  CHECK(refitter->setNamedWeights("one", Weights{DataType::kFLOAT, &four, 1}));
  CHECK(refitter->refitCudaEngine() && (Run(stripped) == std::vector<float>{8, 12, 16}));
  const Owned<nvinfer1::IHostMemory> whole(stripped.engine->serialize());
  Setup sealed(std::string(static_cast<char*>(whole->data()), whole->size()));
  CHECK(!sealed.engine->isRefittable() && (Run(sealed) == std::vector<float>{8, 12, 16}));
}

void TestRefitFromFile() {
  Setup setup(Plan(kRefittable));
  const Owned<nvinfer1::IRefitter> refitter(
      nvinfer1::createInferRefitter(*setup.engine, setup.listener));
  const Owned<nvonnxparser::IParserRefitter> parser(
      nvonnxparser::createParserRefitter(*refitter, setup.listener));
  const std::string path = TemporaryFile();
  std::ofstream(path) << "stand-in weights\n\"two\" float32 [1] 5\n";
  const std::vector<float> before = Run(setup);
  CHECK(parser->refitFromFile(path.c_str()) && Run(setup) == before);
  CHECK(refitter->refitCudaEngine() && (Run(setup) == std::vector<float>{6, 11, 16}));
  std::remove(path.c_str());
  CHECK(!parser->refitFromFile(path.c_str()) && parser->getNbErrors() == 1);
  CHECK(Contains(parser->getError(0)->desc(), "cannot open"));
  parser->clearErrors();
  const std::string other = "stand-in weights\n\"three\" float32 [1] 5\n";
  CHECK(!parser->refitFromBytes(other.data(), other.size()));
  CHECK(parser->getError(0)->code() == nvonnxparser::ErrorCode::kREFIT_FAILED);
  CHECK(!parser->refitFromBytes("onnx", 4) && parser->getNbErrors() == 2);
}

}  // namespace

void TestTensorRTRefit() {
  RunBothWays([] {
    TestNamedWeights();
    TestRefitInFlight();
    TestStrippedPlans();
    TestRefitFromFile();
  });
}

}  // namespace selftest
