// Narrow element types, packed formats, and operators that keep state.

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

/// x as float16, bfloat16 and float8, and back from float16.
constexpr char kNarrow[] =
    "input \"x\" float32 [6]\n"
    "op cast \"half\" \"x\" float16\n"
    "op cast \"brain\" \"x\" bfloat16\n"
    "op cast \"eight\" \"x\" float8\n"
    "op cast \"back\" \"half\" float32\n"
    "output \"half\"\n"
    "output \"brain\"\n"
    "output \"eight\"\n"
    "output \"back\"\n";

/// A decoder's step: the cache grows by `new`, and `sum` is over all of it.
constexpr char kDecoder[] =
    "input \"past\" float32 [1,-1,2]\n"
    "input \"new\" float32 [1,-1,2]\n"
    "op concat \"present\" \"past\" \"new\" 1\n"
    "op sum \"sum\" \"present\" 1\n"
    "op argmax \"best\" \"sum\"\n"
    "output \"present\"\n"
    "output \"sum\"\n"
    "output \"best\"\n"
    "profile\n"
    "range \"past\" [1,0,2] [1,4,2] [1,8,2]\n"
    "range \"new\" [1,1,2] [1,1,2] [1,8,2]\n";

/// Written over its input, in packs of four channels.
constexpr char kPacked[] =
    "input \"x\" float32 [1,5,2]\n"
    "op relu \"y\" \"x\"\n"
    "output \"y\"\n"
    "format \"x\" chw4\n"
    "format \"y\" chw4\n"
    "alias \"y\" \"x\"\n";

void TestNarrowTypes() {
  Setup setup(Plan(kNarrow));
  CHECK(setup.engine->getTensorDataType("half") == nvinfer1::DataType::kHALF);
  // A tie, a subnormal, an overflow, a negative zero, an infinity.
  const std::vector<float> x = {1.0F + 0x1p-11F, 0x1p-24F, 70000, -0.0F, -2.5F, 1.0F / 0.0F};
  const CUdeviceptr half = setup.Upload(std::vector<uint16_t>(6));
  const CUdeviceptr brain = setup.Upload(std::vector<uint16_t>(6));
  const CUdeviceptr eight = setup.Upload(std::vector<uint8_t>(6));
  const CUdeviceptr back = setup.Upload(std::vector<float>(6));
  CHECK(setup.Bind("x", setup.Upload(x)) && setup.Bind("half", half) && setup.Bind("back", back));
  CHECK(setup.Bind("brain", brain) && setup.Bind("eight", eight));
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK((setup.Download<uint16_t>(half, 6, setup.stream) ==
         std::vector<uint16_t>{0x3c00, 0x0001, 0x7c00, 0x8000, 0xc100, 0x7c00}));
  CHECK((setup.Download<uint16_t>(brain, 6, setup.stream) ==
         std::vector<uint16_t>{0x3f80, 0x3380, 0x4789, 0x8000, 0xc020, 0x7f80}));
  CHECK((setup.Download<uint8_t>(eight, 6, setup.stream) ==
         std::vector<uint8_t>{0x38, 0x00, 0x7e, 0x80, 0xc2, 0x7e}));
  const float infinity = 1.0F / 0.0F;
  CHECK((setup.Download<float>(back, 6, setup.stream) ==
         std::vector<float>{1, 0x1p-24F, infinity, 0, -2.5F, infinity}));
}

void TestDecoder() {
  Setup setup(Plan(kDecoder));
  const CUdeviceptr caches[2] = {setup.Upload(std::vector<float>(16)),
                                 setup.Upload(std::vector<float>(16))};
  const CUdeviceptr sum = setup.Upload(std::vector<float>(2));
  const CUdeviceptr best = setup.Upload(std::vector<int64_t>(1));
  CHECK(setup.Bind("sum", sum) && setup.Bind("best", best));
  // Each step reads what the one before it left on the device.
  for (int64_t step = 0; step < 4; ++step) {
    const auto value = static_cast<float>(step + 1);
    CHECK(setup.context->setInputShape("past", MakeDims({1, step, 2})));
    CHECK(setup.context->setInputShape("new", MakeDims({1, 1, 2})));
    CHECK(setup.Bind("past", caches[step % 2]) && setup.Bind("present", caches[(step + 1) % 2]));
    CHECK(setup.Bind("new", setup.Upload(std::vector<float>{value, 2 * value})));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  }
  CHECK((setup.Download<float>(sum, 2, setup.stream) == std::vector<float>{10, 20}));
  CHECK((setup.Download<int64_t>(best, 1, setup.stream) == std::vector<int64_t>{1}));
  CHECK((setup.Download<float>(caches[0], 8, setup.stream) ==
         std::vector<float>{1, 2, 2, 4, 3, 6, 4, 8}));
}

void TestPackedFormat() {
  Setup setup(Plan(kPacked));
  const nvinfer1::ICudaEngine& engine = *setup.engine;
  CHECK(engine.getTensorFormat("x") == nvinfer1::TensorFormat::kCHW4);
  CHECK(engine.getTensorVectorizedDim("x", 0) == 1);
  CHECK(engine.getTensorComponentsPerElement("x", 0) == 4);
  CHECK(engine.getTensorBytesPerComponent("x") == 4);
  CHECK(std::string(engine.getTensorFormatDesc("x", 0)) ==
        "Four-wide channel vectorized row-major FP32 format");
  CHECK(std::string(engine.getAliasedInputTensor("y")) == "x");
  CHECK(engine.getAliasedInputTensor("x") == nullptr);
  CHECK(setup.context->getMaxOutputSize("y") == 8 * 2 * 4);
  // Two pixels of four channels each, then the fifth channel with three that fill up.
  const std::vector<float> memory = {1, 2, -3, 4, 5, -6, 7, 8, 9, 50, 50, 50, -9, 50, 50, 50};
  const CUdeviceptr x = setup.Upload(memory);
  CHECK(setup.Bind("x", x) && setup.Bind("y", setup.Upload(memory)));
  CHECK(!setup.context->enqueueV3(setup.stream));
  CHECK(setup.listener.TookError("must have the address of 'x'"));
  CHECK(setup.Bind("y", x) && setup.context->enqueueV3(setup.stream));
  CHECK((setup.Download<float>(x, 16, setup.stream) ==
         std::vector<float>{1, 2, 0, 4, 5, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0}));
}

}  // namespace

void TestTensorRTOperators() {
  RunBothWays([] {
    TestNarrowTypes();
    TestDecoder();
    TestPackedFormat();
  });
}

}  // namespace selftest
