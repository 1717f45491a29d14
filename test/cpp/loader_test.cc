#include <fstream>
#include <memory>
#include <string>

#include "scale_engine.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class LoaderTest : public StandinTest {};

TEST_F(LoaderTest, OpensBothFamiliesFromManyThreads) {
  InThreads(8, [](int thread) {
    const std::string& product = Products()[static_cast<size_t>(thread % 2)];
    for (int round = 0; round < 10; ++round) {
      const std::shared_ptr<TensorRTLibrary> library = OpenLibrary(product);
      EXPECT_EQ(library->product(), product);
      EXPECT_EQ(library->version().major, product == "tensorrt" ? 11 : 1);
    }
  });
}

TEST_F(LoaderTest, RunsEnginesOfBothFamiliesAtOnce) {
  InThreads(4, [](int thread) {
    const std::string& product = Products()[static_cast<size_t>(thread % 2)];
    ExecutionSlot slot(LoadEngine(product, kScale, thread / 2), MakeSlotOptions(2, 2));
    for (int round = 0; round < 15; ++round) {
      const std::vector<float> values = Rows(1 + round % 3, thread + round);
      EXPECT_EQ(RunScale(slot, static_cast<size_t>(round % 2), values), Scaled(values));
    }
  });
}

TEST_F(LoaderTest, SaysWhatIsWrongWithALibrary) {
  EXPECT_EQ(CodeOf([] { TensorRTLibrary::Open({"/nowhere/libnvinfer.so.11", "", ""}); }),
            "ERR_TRT_LIBRARY_NOT_FOUND");
  EXPECT_EQ(CodeOf([] { TensorRTLibrary::Open({StandinPath("libcuda_standin.so"), "", ""}); }),
            "ERR_TRT_LIBRARY_VERSION");
  EXPECT_EQ(
      CodeOf([] { TensorRTLibrary::Open({LibraryPath("tensorrt"), "/nowhere/parser.so", ""}); }),
      "ERR_TRT_LIBRARY_NOT_FOUND");
}

/// The stand-ins read what version to pretend once, so each case has a process of its own.
TEST_F(LoaderTest, RefusesAVersionWhoseVirtualTablesItDoesNotKnow) {
  const auto open = [](const char* version, const std::string& product) {
    setenv("STANDIN_TENSORRT_VERSION", version, 1);
    const std::string code = CodeOf([&] { OpenLibrary(product); });
    std::exit(code == "ERR_TRT_LIBRARY_VERSION" ? 0 : 1);
  };
  EXPECT_EXIT(open("1.4.0.0", "tensorrt-rtx"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(open("12.0.0.0", "tensorrt"), testing::ExitedWithCode(0), "");
}

TEST_F(LoaderTest, RefusesThePlanOfTheOtherProduct) {
  LoadRequest request;
  request.plan = MakePlan("tensorrt-rtx", kScale);
  EXPECT_EQ(CodeOf([&] { LoadedEngine(OpenLibrary("tensorrt"), std::move(request)); }),
            "ERR_TRT_ENGINE_INVALID");
}

TEST_F(LoaderTest, LoadsAPlanFromAFile) {
  const std::string path = testing::TempDir() + "/tensorrt-node-tests.plan";
  const std::vector<uint8_t> plan = MakePlan("tensorrt", kScale);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(plan.data()), static_cast<std::streamsize>(plan.size()));
  InThreads(4, [&](int) {
    LoadRequest request;
    request.plan = path;
    ExecutionSlot slot(std::make_shared<LoadedEngine>(OpenLibrary("tensorrt"), std::move(request)),
                       MakeSlotOptions(1, 0));
    EXPECT_EQ(RunScale(slot, 0, {1, 2, 3}), (std::vector<float>{3, 5, 7}));
  });
  std::remove(path.c_str());
  LoadRequest request;
  request.plan = path;
  EXPECT_EQ(CodeOf([&] { LoadedEngine(OpenLibrary("tensorrt"), std::move(request)); }), "ERR_FILE");
}

}  // namespace
}  // namespace tensorrt_node::test
