// Inferences in CUDA graphs.

#include <NvInfer.h>

#include "plans.h"
#include "tensorrt_fixture.h"

namespace selftest {

namespace {

/// A captured inference, ready to be launched; null where the capture failed.
class Captured {
 public:
  explicit Captured(Setup& setup) {
    CHECK(cuStreamBeginCapture_v2(setup.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) ==
          CUDA_SUCCESS);
    enqueued = setup.context->enqueueV3(setup.stream);
    cuStreamEndCapture(setup.stream, &graph_);
    if (graph_ == nullptr) return;
    CHECK(cuGraphInstantiateWithFlags(&exec, graph_, 0) == CUDA_SUCCESS);
  }
  ~Captured() {
    if (exec != nullptr) cuGraphExecDestroy(exec);
    if (graph_ != nullptr) cuGraphDestroy(graph_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  bool enqueued = false;
  CUgraphExec exec = nullptr;

 private:
  CUgraph graph_ = nullptr;
};

void RunOnce(Setup& setup) {
  CHECK(setup.context->enqueueV3(setup.stream));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

void TestReplay() {
  Setup setup(Plan(std::string(kScale) + "refittable\n"));
  const CUdeviceptr y = setup.BindScale({1, 2, 3});
  const auto x = reinterpret_cast<CUdeviceptr>(setup.context->getTensorAddress("x"));
  {
    const Captured too_early(setup);
    CHECK(!too_early.enqueued && too_early.exec == nullptr);
    CHECK(setup.listener.TookError("with these shapes must run before"));
  }
  RunOnce(setup);
  const Captured captured(setup);
  CHECK(captured.enqueued && captured.exec != nullptr);
  const std::vector<float> next = {10, 20, 30};
  for (int round = 0; round < 3; ++round) {
    CHECK(cuMemcpyHtoDAsync_v2(x, next.data(), 12, setup.stream) == CUDA_SUCCESS);
    CHECK(cuGraphLaunch(captured.exec, setup.stream) == CUDA_SUCCESS);
    CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{21, 41, 61}));
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
  }
  // The replay keeps the addresses of the capture, and sees new weights.
  const CUdeviceptr other = setup.Upload(std::vector<float>(3));
  CHECK(setup.Bind("y", other));
  const Owned<nvinfer1::IRefitter> refitter(
      nvinfer1::createInferRefitter(*setup.engine, setup.listener));
  const float hundred = 100;
  CHECK(
      refitter->setNamedWeights("one", nvinfer1::Weights{nvinfer1::DataType::kFLOAT, &hundred, 1}));
  CHECK(refitter->refitCudaEngine());
  CHECK(cuGraphLaunch(captured.exec, setup.stream) == CUDA_SUCCESS);
  CHECK((setup.Download<float>(y, 3, setup.stream) == std::vector<float>{120, 140, 160}));
  CHECK((setup.Download<float>(other, 3, setup.stream) == std::vector<float>(3)));
  CHECK(cuStreamSynchronize(setup.stream) == CUDA_SUCCESS);
}

void TestWhatCannotBeCaptured() {
  Setup setup(Plan("input \"x\" float32 [2]\nop nonzero \"y\" \"x\"\noutput \"y\"\n"));
  CHECK(setup.Bind("x", setup.Upload(std::vector<float>{0, 1})));
  CHECK(setup.Bind("y", setup.Upload(std::vector<int64_t>(2))));
  RunOnce(setup);
  const Captured captured(setup);
  CHECK(!captured.enqueued && captured.exec == nullptr);
  CHECK(setup.listener.TookError("cannot be captured: shapes depend on data"));
  RunOnce(setup);
}

/// A launch and an inference of the same context at once, and a launch after the context's end.
void TestMisusedGraphs() {
  const std::string overlapping = RunInChild({}, [] {
    Setup setup(Plan(kScale));
    setup.BindScale({1, 2, 3});
    RunOnce(setup);
    const Captured captured(setup);
    CUstream other = nullptr;
    CHECK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    Gate gate(setup.stream);
    CHECK(setup.context->enqueueV3(setup.stream));
    CHECK(cuGraphLaunch(captured.exec, other) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(other) == CUDA_ERROR_LAUNCH_FAILED);
  });
  CHECK(Contains(overlapping, "that has an inference in flight"));
  const std::string late = RunInChild({}, [] {
    Setup setup(Plan(kScale));
    setup.BindScale({1, 2, 3});
    RunOnce(setup);
    const Captured captured(setup);
    setup.context.reset();
    CHECK(cuGraphLaunch(captured.exec, setup.stream) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(setup.stream) == CUDA_ERROR_LAUNCH_FAILED);
  });
  CHECK(Contains(late, "a graph ran a destroyed execution context"));
}

}  // namespace

void TestTensorRTGraphs() {
  RunBothWays([] {
    TestReplay();
    TestWhatCannotBeCaptured();
  });
  TestMisusedGraphs();
}

}  // namespace selftest
