#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "cuda_fixture.h"
#include "selftest.h"

namespace selftest {

namespace {

constexpr CUstreamCaptureMode kThreadLocal = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
constexpr CUstreamCaptureMode kGlobal = CU_STREAM_CAPTURE_MODE_GLOBAL;

/// Device memory, streams, events and a capture of the first stream.
class GraphFixture : public Fixture {
 public:
  GraphFixture() {
    CHECK(cuMemAlloc_v2(&other, kBytes) == CUDA_SUCCESS);
    CHECK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
    CHECK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
  }
  ~GraphFixture() {
    cuMemFree_v2(other);
    cuEventDestroy_v2(fork);
    cuEventDestroy_v2(join);
  }

  void Begin(CUstreamCaptureMode mode = kThreadLocal) {
    CHECK(cuStreamBeginCapture_v2(first, mode) == CUDA_SUCCESS);
  }
  CUresult End() {
    CUgraph graph = nullptr;
    const CUresult ended = cuStreamEndCapture(first, &graph);
    CHECK((graph != nullptr) == (ended == CUDA_SUCCESS));
    if (graph != nullptr) CHECK(cuGraphDestroy(graph) == CUDA_SUCCESS);
    return ended;
  }
  CUstreamCaptureStatus Status(CUstream stream) {
    auto status = CU_STREAM_CAPTURE_STATUS_NONE;
    CHECK(cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS);
    return status;
  }
  /// Makes the second stream take part in the capture.
  void Fork() {
    CHECK(cuEventRecord(fork, first) == CUDA_SUCCESS);
    CHECK(cuStreamWaitEvent(second, fork, 0) == CUDA_SUCCESS);
  }
  void Join() {
    CHECK(cuEventRecord(join, second) == CUDA_SUCCESS);
    CHECK(cuStreamWaitEvent(first, join, 0) == CUDA_SUCCESS);
  }
  CUresult Fill(CUdeviceptr memory, unsigned char value, CUstream stream) {
    return cuMemsetD8Async(memory, value, kBytes, stream);
  }

  CUdeviceptr other = 0;
  CUevent fork = nullptr;
  CUevent join = nullptr;
};

CUresult EndAndInstantiate(CUstream stream, size_t nodes, CUgraphExec* exec) {
  CUgraph graph = nullptr;
  size_t count = 0;
  const CUresult ended = cuStreamEndCapture(stream, &graph);
  if (ended != CUDA_SUCCESS) return ended;
  CHECK(cuGraphGetNodes(graph, nullptr, &count) == CUDA_SUCCESS && count == nodes);
  CHECK(cuGraphInstantiateWithFlags(exec, graph, 0) == CUDA_SUCCESS);
  CHECK(cuGraphDestroy(graph) == CUDA_SUCCESS);
  CHECK(cuGraphDestroy(graph) == CUDA_ERROR_INVALID_HANDLE);
  return CUDA_SUCCESS;
}

void TestReplay() {
  GraphFixture fixture;
  static std::atomic<int> runs;
  static std::atomic<int> released;
  runs = released = 0;
  const CUhostFn run = [](void*) { ++runs; };
  const CUhostFn release = [](void*) { ++released; };

  fixture.Begin();
  CHECK(fixture.Status(fixture.first) == CU_STREAM_CAPTURE_STATUS_ACTIVE);
  CHECK(fixture.Status(fixture.second) == CU_STREAM_CAPTURE_STATUS_NONE);
  CHECK(cuMemcpyHtoDAsync_v2(fixture.device, fixture.pinned().data(), kBytes, fixture.first) ==
        CUDA_SUCCESS);
  CHECK(standin_cuda_launch(fixture.first, run, release, nullptr) == CUDA_SUCCESS);
  CHECK(cuLaunchHostFunc(fixture.first, run, nullptr) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoDAsync_v2(fixture.other, fixture.device, kBytes, fixture.first) == CUDA_SUCCESS);
  CUgraphExec exec = nullptr;
  CHECK(EndAndInstantiate(fixture.first, 4, &exec) == CUDA_SUCCESS);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(runs == 0 && released == 0);

  for (unsigned char value = 1; value <= 3; ++value) {
    fixture.pinned() = Filled(value);
    CHECK(cuGraphLaunch(exec, fixture.first) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
    Bytes bytes{};
    CHECK(cuMemcpyDtoH_v2(bytes.data(), fixture.other, kBytes) == CUDA_SUCCESS);
    CHECK(bytes == Filled(value) && runs == 2 * value);
  }
  // A launch is ordered behind the stream, and behind the last launch on another stream.
  {
    Gate gate(fixture.first);
    fixture.pinned() = Filled(4);
    CHECK(cuGraphUpload(exec, fixture.second) == CUDA_SUCCESS);
    CHECK(cuGraphLaunch(exec, fixture.first) == CUDA_SUCCESS);
    CHECK(cuGraphLaunch(exec, fixture.second) == CUDA_SUCCESS);
    CHECK(cuStreamQuery(fixture.second) == CUDA_ERROR_NOT_READY);
    // Destroyed in flight: what was launched still runs.
    CHECK(cuGraphExecDestroy(exec) == CUDA_SUCCESS);
    CHECK(cuGraphExecDestroy(exec) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(cuGraphLaunch(exec, fixture.second) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(runs == 6 && released == 0);
  }
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(fixture.DeviceBytes() == Filled(4));
  CHECK(runs == 10 && released == 1);
}

/// first: fill device; second: fill other; first: copies one of them, after both or without the
/// join.
void TestForks() {
  GraphFixture fixture;
  fixture.Begin();
  fixture.Fork();
  CHECK(fixture.Status(fixture.second) == CU_STREAM_CAPTURE_STATUS_ACTIVE);
  CHECK(fixture.Fill(fixture.device, 1, fixture.first) == CUDA_SUCCESS);
  CHECK(fixture.Fill(fixture.other, 2, fixture.second) == CUDA_SUCCESS);
  fixture.Join();
  CHECK(cuMemcpyDtoDAsync_v2(fixture.device, fixture.other, kBytes, fixture.first) == CUDA_SUCCESS);
  CUgraphExec exec = nullptr;
  CHECK(EndAndInstantiate(fixture.first, 3, &exec) == CUDA_SUCCESS);
  CHECK(fixture.Status(fixture.second) == CU_STREAM_CAPTURE_STATUS_NONE);
  for (int round = 0; round < 20; ++round) {
    CHECK(fixture.Fill(fixture.other, 0, fixture.first) == CUDA_SUCCESS);
    CHECK(cuGraphLaunch(exec, fixture.first) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
    CHECK(fixture.DeviceBytes() == Filled(2));
  }
  CHECK(cuGraphExecDestroy(exec) == CUDA_SUCCESS);

  // What nothing orders happens in any order.
  fixture.Begin();
  fixture.Fork();
  CHECK(fixture.Fill(fixture.device, 1, fixture.first) == CUDA_SUCCESS);
  CHECK(fixture.Fill(fixture.device, 2, fixture.second) == CUDA_SUCCESS);
  fixture.Join();
  CHECK(EndAndInstantiate(fixture.first, 2, &exec) == CUDA_SUCCESS);
  std::array<int, 256> last{};
  for (int round = 0; round < 64; ++round) {
    CHECK(cuGraphLaunch(exec, fixture.first) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
    ++last[fixture.DeviceBytes()[0]];
  }
  CHECK(last[1] > 0 && last[2] > 0 && last[1] + last[2] == 64);
  CHECK(cuGraphExecDestroy(exec) == CUDA_SUCCESS);
}

void TestRefusedCaptures() {
  GraphFixture fixture;
  const auto ends_invalid = [&](const std::function<CUresult()>& offence, CUresult answer) {
    fixture.Begin();
    CHECK(offence() == answer);
    CHECK(fixture.Status(fixture.first) == CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    CHECK(fixture.Fill(fixture.device, 1, fixture.first) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(cuEventRecord(fixture.join, fixture.first) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(fixture.Status(fixture.first) == CU_STREAM_CAPTURE_STATUS_NONE);
  };
  constexpr CUresult kUnsupported = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  Bytes pageable{};
  ends_invalid([&] { return cuStreamSynchronize(fixture.first); }, kUnsupported);
  ends_invalid([&] { return cuStreamQuery(fixture.first); }, kUnsupported);
  ends_invalid([] { return cuCtxSynchronize(); }, kUnsupported);
  ends_invalid([&] { return cuStreamSynchronize(fixture.second); }, kUnsupported);
  ends_invalid(
      [&] { return cuMemcpyHtoDAsync_v2(fixture.device, pageable.data(), 8, fixture.first); },
      kUnsupported);
  ends_invalid(
      [&] { return cuMemcpyDtoHAsync_v2(pageable.data(), fixture.device, 8, fixture.first); },
      kUnsupported);
  ends_invalid([&] { return cuMemFree_v2(fixture.device); }, kUnsupported);
  ends_invalid([&] { return cuMemcpyDtoH_v2(pageable.data(), fixture.device, 8); }, kUnsupported);
  CUdeviceptr address = 0;
  void* pointer = nullptr;
  ends_invalid([&] { return cuMemAlloc_v2(&address, 8); }, kUnsupported);
  ends_invalid([&] { return cuMemHostAlloc(&pointer, 8, 0); }, kUnsupported);
  ends_invalid([&] { return cuMemAllocAsync(&address, 8, fixture.first); }, kUnsupported);

  // An event of the capture has no state, and one from outside cannot be waited for.
  const auto record = [&] { CHECK(cuEventRecord(fixture.fork, fixture.first) == CUDA_SUCCESS); };
  ends_invalid([&] { return record(), cuEventQuery(fixture.fork); }, CUDA_ERROR_CAPTURED_EVENT);
  ends_invalid([&] { return record(), cuEventSynchronize(fixture.fork); },
               CUDA_ERROR_CAPTURED_EVENT);
  CHECK(cuEventQuery(fixture.fork) == CUDA_ERROR_CAPTURED_EVENT);
  CHECK(cuStreamWaitEvent(fixture.second, fixture.fork, 0) == CUDA_ERROR_CAPTURED_EVENT);
  CHECK(cuEventRecord(fixture.fork, fixture.second) == CUDA_SUCCESS);
  CHECK(cuEventSynchronize(fixture.fork) == CUDA_SUCCESS);
  ends_invalid([&] { return cuStreamWaitEvent(fixture.first, fixture.fork, 0); },
               CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  const int64_t violations = standin_cuda_violations();
  ends_invalid([&] { return standin_cuda_refuse_capture(fixture.first); }, kUnsupported);
  CHECK(standin_cuda_refuse_capture(fixture.first) == CUDA_SUCCESS);
  CHECK(standin_cuda_violations() == violations);

  // Where the end itself is wrong.
  CHECK(fixture.End() == CUDA_ERROR_ILLEGAL_STATE);
  fixture.Begin();
  CHECK(cuStreamBeginCapture_v2(fixture.first, kGlobal) == CUDA_ERROR_ILLEGAL_STATE);
  std::thread([&] {
    CHECK(cuCtxPushCurrent_v2(fixture.current.context) == CUDA_SUCCESS);
    CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
  }).join();
  fixture.Fork();
  CUgraph graph = nullptr;
  CHECK(cuStreamEndCapture(fixture.second, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  CHECK(fixture.Fill(fixture.other, 1, fixture.second) == CUDA_SUCCESS);
  CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  CHECK(fixture.Status(fixture.second) == CU_STREAM_CAPTURE_STATUS_NONE);

  fixture.Begin();
  CHECK(cuEventRecord(fixture.fork, fixture.first) == CUDA_SUCCESS);
  CHECK(cuStreamBeginCapture_v2(fixture.second, kThreadLocal) == CUDA_SUCCESS);
  CHECK(cuStreamWaitEvent(fixture.second, fixture.fork, 0) == CUDA_ERROR_STREAM_CAPTURE_MERGE);
  CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  CHECK(cuStreamEndCapture(fixture.second, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

/// What a capture on this thread means for a thread that allocates.
void TestModes() {
  GraphFixture fixture;
  const auto allocate_elsewhere = [&](CUstreamCaptureMode exchanged) {
    CUresult allocated = CUDA_ERROR_UNKNOWN;
    std::thread([&] {
      CUdeviceptr address = 0;
      CUstreamCaptureMode mode = exchanged;
      CHECK(cuThreadExchangeStreamCaptureMode(&mode) == CUDA_SUCCESS && mode == kGlobal);
      CHECK(cuCtxPushCurrent_v2(fixture.current.context) == CUDA_SUCCESS);
      allocated = cuMemAlloc_v2(&address, 8);
      if (allocated == CUDA_SUCCESS) CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
    }).join();
    return allocated;
  };
  fixture.Begin(kThreadLocal);
  CHECK(allocate_elsewhere(kGlobal) == CUDA_SUCCESS);
  CHECK(fixture.End() == CUDA_SUCCESS);
  fixture.Begin(kGlobal);
  CHECK(allocate_elsewhere(kThreadLocal) == CUDA_SUCCESS);
  CHECK(allocate_elsewhere(kGlobal) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  fixture.Begin(CU_STREAM_CAPTURE_MODE_RELAXED);
  CUdeviceptr address = 0;
  CHECK(cuMemAlloc_v2(&address, 8) == CUDA_SUCCESS);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  CHECK(fixture.End() == CUDA_SUCCESS);
}

void TestStaleMemory() {
  const std::string complaints = RunInChild({}, [] {
    CUdeviceptr device = 0;
    CUstream stream = nullptr;
    CUgraphExec exec = nullptr;
    const CurrentDevice current;
    CHECK(cuMemAlloc_v2(&device, kBytes) == CUDA_SUCCESS);
    CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(device, 1, kBytes, stream) == CUDA_SUCCESS);
    CHECK(EndAndInstantiate(stream, 1, &exec) == CUDA_SUCCESS);
    CHECK(cuMemFree_v2(device) == CUDA_SUCCESS);
    CHECK(cuGraphLaunch(exec, stream) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(cuGraphLaunch(exec, stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(cuGraphExecDestroy(exec) == CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
  });
  CHECK(Contains(complaints, "a copy was still to run when its memory was freed"));
}

/// Streams that are destroyed while they capture.
void TestAbandonedCaptures() {
  const std::string complaints = RunInChild({}, [] {
    GraphFixture fixture;
    for (const bool origin : {false, true}) {
      CUstream stream = nullptr;
      CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
      const CUstream begins = origin ? stream : fixture.first;
      const CUstream follows = origin ? fixture.first : stream;
      CHECK(cuStreamBeginCapture_v2(begins, kThreadLocal) == CUDA_SUCCESS);
      CHECK(cuEventRecord(fixture.fork, begins) == CUDA_SUCCESS);
      CHECK(cuStreamWaitEvent(follows, fixture.fork, 0) == CUDA_SUCCESS);
      CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
      if (!origin) CHECK(fixture.End() == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
      CHECK(fixture.Status(fixture.first) == CU_STREAM_CAPTURE_STATUS_NONE);
    }
    CHECK(standin_cuda_violations() == 2);
  });
  CHECK(Contains(complaints, "cuStreamDestroy_v2: the stream was capturing"));
}

/// Threads that capture, launch and allocate at once, as worker threads do.
void TestConcurrentCaptures() {
  std::vector<std::thread> threads;
  for (unsigned char worker = 0; worker < 4; ++worker) {
    threads.emplace_back([worker] {
      for (unsigned char round = 0; round < 10; ++round) {
        GraphFixture fixture;
        const auto value = static_cast<unsigned char>(worker * 16 + round);
        fixture.Begin();
        fixture.Fork();
        CHECK(fixture.Fill(fixture.other, value, fixture.second) == CUDA_SUCCESS);
        fixture.Join();
        cuMemcpyDtoDAsync_v2(fixture.device, fixture.other, kBytes, fixture.first);
        CUgraphExec exec = nullptr;
        CHECK(EndAndInstantiate(fixture.first, 2, &exec) == CUDA_SUCCESS);
        CHECK(cuGraphLaunch(exec, fixture.first) == CUDA_SUCCESS);
        CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
        CHECK(fixture.DeviceBytes() == Filled(value));
        CHECK(cuGraphExecDestroy(exec) == CUDA_SUCCESS);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void TestWithoutBreach() {
  TestReplay();
  TestForks();
  TestConcurrentCaptures();
  CHECK(standin_cuda_live_allocations() == 0);
}

}  // namespace

void TestCudaGraphs() {
  RunInChild({}, TestWithoutBreach);
  RunInChild({"STANDIN_CUDA_DELAY_US=300"}, TestWithoutBreach);
  RunInChild({}, TestRefusedCaptures);
  RunInChild({}, TestModes);
  TestStaleMemory();
  TestAbandonedCaptures();
}

}  // namespace selftest
