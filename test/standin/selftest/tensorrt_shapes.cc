// Shapes that depend on data, and shape tensors.

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

using nvinfer1::OptProfileSelector;

/// The indices of what is not zero, and twice the rows that a mask keeps.
constexpr char kSelect[] =
    "input \"x\" float32 [-1,2]\n"
    "input \"mask\" bool [-1]\n"
    "op nonzero \"found\" \"x\"\n"
    "op compress \"kept\" \"x\" \"mask\"\n"
    "op add \"rows\" \"kept\" \"kept\"\n"
    "output \"found\"\n"
    "output \"rows\"\n"
    "profile\n"
    "range \"x\" [1,2] [2,2] [4,2]\n"
    "range \"mask\" [1] [2] [4]\n";

/// `wide` has the dimensions that `shape` says, and `shape again` is written on the host.
constexpr char kExpand[] =
    "input \"x\" float32 [1,2]\n"
    "input \"shape\" int64 [2]\n"
    "op expand \"wide\" \"x\" \"shape\"\n"
    "op add \"shape again\" \"shape\" \"shape\"\n"
    "op shape \"wide shape\" \"wide\"\n"
    "output \"wide\"\n"
    "output \"shape again\"\n"
    "profile\n"
    "values \"shape\" [1,2] [2,2] [4,2]\n";

class Allocator final : public nvinfer1::IOutputAllocator {
 public:
  explicit Allocator(Setup& setup) : setup_(setup) {}

  void* reallocateOutputAsync(const char*, void*, uint64_t size, uint64_t alignment,
                              cudaStream_t) noexcept override {
    CHECK(alignment == 256);
    bytes = size;
    ++calls;
    if (refuses) return nullptr;
    address = setup_.Upload(std::vector<char>(size));
    return reinterpret_cast<void*>(address);
  }
  void notifyShape(const char*, const nvinfer1::Dims& shape) noexcept override { dims = shape; }

  bool refuses = false;
  int calls = 0;
  uint64_t bytes = 0;
  CUdeviceptr address = 0;
  nvinfer1::Dims dims{};

 private:
  Setup& setup_;
};

void BindSelect(Setup& setup) {
  CHECK(setup.context->setInputShape("x", MakeDims({3, 2})));
  CHECK(setup.context->setInputShape("mask", MakeDims({3})));
  CHECK(setup.Bind("x", setup.Upload(std::vector<float>{0, 1, 2, 0, 0, 3})));
  CHECK(setup.Bind("mask", setup.Upload(std::vector<uint8_t>{1, 0, 1})));
}

void TestOutputAllocators() {
  Setup setup(Plan(kSelect));
  nvinfer1::IExecutionContext& context = *setup.context;
  BindSelect(setup);
  CHECK(context.inferShapes(0, nullptr) == 0);
  CHECK(Equal(context.getTensorShape("found"), {2, -1}));
  CHECK(Equal(context.getTensorShape("rows"), {-1, 2}));
  CHECK(context.getMaxOutputSize("found") == 2 * 6 * 8);
  CHECK(context.getMaxOutputSize("rows") == 3 * 2 * 4);
  Allocator found(setup);
  CHECK(context.setOutputAllocator("found", &found));
  CHECK(context.getOutputAllocator("found") == &found);
  CHECK(!context.setOutputAllocator("x", &found) && setup.listener.TookError("is no output"));
  CHECK(!context.enqueueV3(setup.stream) && setup.listener.TookError("'rows' is not set"));
  // An output without an allocator must have room for the most that can come.
  const CUdeviceptr rows = setup.Upload(std::vector<float>(6));
  CHECK(setup.Bind("rows", rows));
  CHECK(context.enqueueV3(setup.stream));
  CHECK(found.calls == 1 && found.bytes == 2 * 3 * 8 && Equal(found.dims, {2, 3}));
  CHECK((setup.Download<int64_t>(found.address, 6, setup.stream) ==
         std::vector<int64_t>{0, 1, 2, 1, 0, 1}));
  CHECK((setup.Download<float>(rows, 4, setup.stream) == std::vector<float>{0, 2, 0, 6}));

  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(setup.Bind("x", setup.Upload(std::vector<float>(6))));
  CHECK(context.enqueueV3(setup.stream));
  CHECK(found.bytes == 1 && Equal(found.dims, {2, 0}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  found.refuses = true;
  CHECK(!context.enqueueV3(setup.stream));
  CHECK(setup.listener.TookError("gave no memory that can be used"));
  found.refuses = false;
  CHECK(context.enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
#ifdef TRT_MAJOR_RTX
  CHECK(!context.isStreamCapturable(setup.stream));
#endif
}

void TestTooLittleRoom() {
  RunInChild({}, [] {
    Setup setup(Plan(kSelect));
    BindSelect(setup);
    CHECK(setup.Bind("found", setup.Upload(std::vector<int64_t>(6))));
    CHECK(setup.Bind("rows", setup.Upload(std::vector<float>(6))));
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
  });
}

void TestShapeTensors() {
  Setup setup(Plan(kExpand));
  const nvinfer1::ICudaEngine& engine = *setup.engine;
  nvinfer1::IExecutionContext& context = *setup.context;
  CHECK(engine.isShapeInferenceIO("shape") && engine.isShapeInferenceIO("shape again"));
  CHECK(!engine.isShapeInferenceIO("x") && !engine.isShapeInferenceIO("wide"));
  CHECK(engine.getTensorLocation("shape") == nvinfer1::TensorLocation::kHOST);
  CHECK(engine.getTensorLocation("x") == nvinfer1::TensorLocation::kDEVICE);
  CHECK(engine.getProfileTensorValuesV2("shape", 0, OptProfileSelector::kMAX)[0] == 4);
  CHECK(engine.getProfileTensorValuesV2("x", 0, OptProfileSelector::kMAX) == nullptr);

  const char* open[1] = {nullptr};
  CHECK(context.inferShapes(1, open) == 1 && std::string(open[0]) == "shape");
  CHECK(Equal(context.getTensorShape("wide"), {-1, -1}));
  alignas(256) int64_t shape[2] = {3, 2};
  alignas(256) int64_t again[2] = {0, 0};
  CHECK(context.setTensorAddress("shape", shape) && context.setTensorAddress("shape again", again));
  CHECK(context.inferShapes(0, nullptr) == 0);
  CHECK(Equal(context.getTensorShape("wide"), {3, 2}) && again[0] == 6 && again[1] == 4);

  const CUdeviceptr wide = setup.Upload(std::vector<float>(8));
  CHECK(setup.Bind("x", setup.Upload(std::vector<float>{7, 8})) && setup.Bind("wide", wide));
  // The values are read when the inference is enqueued.
  shape[0] = 4;
  CHECK(context.enqueueV3(setup.stream));
  shape[0] = 9;
  CHECK(Equal(context.getTensorShape("wide"), {4, 2}) && again[0] == 8);
  CHECK(
      (setup.Download<float>(wide, 8, setup.stream) == std::vector<float>{7, 8, 7, 8, 7, 8, 7, 8}));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  CHECK(context.inferShapes(0, nullptr) == -1 && setup.listener.TookError("allows [1,2] to [4,2]"));
  CHECK(!context.enqueueV3(setup.stream) && setup.listener.TookError("cannot have the values"));
}

}  // namespace

void TestTensorRTShapes() {
  RunBothWays([] {
    TestOutputAllocators();
    TestShapeTensors();
  });
  TestTooLittleRoom();
}

}  // namespace selftest
