#include <cstring>
#include <thread>
#include <vector>

#include "cuda_fixture.h"
#include "selftest.h"

namespace selftest {

namespace {

void TestDevices() {
  RunInChild({"STANDIN_CUDA_DEVICES=0"}, [] {
    int count = -1;
    CHECK(cuDeviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED);
    CHECK(cuInit(0) == CUDA_ERROR_NO_DEVICE);
    CHECK(cuDeviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED);
  });
  RunInChild({"STANDIN_CUDA_DEVICES=2", "STANDIN_CUDA_COMPUTE=8.9,12.0"}, [] {
    int count = 0;
    int major = 0;
    CUdevice device = -1;
    char name[64] = "";
    size_t bytes = 0;
    CHECK(cuInit(0) == CUDA_SUCCESS);
    CHECK(cuDeviceGetCount(&count) == CUDA_SUCCESS && count == 2);
    CHECK(cuDeviceGet(&device, 1) == CUDA_SUCCESS && device == 1);
    CHECK(cuDeviceGet(&device, 2) == CUDA_ERROR_INVALID_DEVICE);
    CHECK(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 1) ==
              CUDA_SUCCESS &&
          major == 12);
    CHECK(cuDeviceGetName(name, sizeof(name), 0) == CUDA_SUCCESS && Contains(name, "stand-in"));
    CHECK(cuDeviceTotalMem_v2(&bytes, 0) == CUDA_SUCCESS && bytes == size_t{8} << 30);
  });
  const char* name = nullptr;
  CHECK(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &name) == CUDA_SUCCESS &&
        std::strcmp(name, "CUDA_ERROR_OUT_OF_MEMORY") == 0);
  CHECK(cuGetErrorName(static_cast<CUresult>(12345), &name) == CUDA_ERROR_INVALID_VALUE);
}

void TestMemoryLimit() {
  RunInChild({"STANDIN_CUDA_MEMORY=1000"}, [] {
    const CurrentDevice current;
    CUdeviceptr most = 0;
    CUdeviceptr rest = 0;
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    CHECK(cuMemAlloc_v2(&most, 900) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&rest, 101) == CUDA_ERROR_OUT_OF_MEMORY);
    CHECK(cuMemGetInfo_v2(&free_bytes, &total_bytes) == CUDA_SUCCESS);
    CHECK(free_bytes == 100 && total_bytes == 1000);
    CHECK(cuMemFree_v2(most) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&rest, 1000) == CUDA_SUCCESS);
    CHECK(standin_cuda_live_allocations() == 1);
    CHECK(cuMemFree_v2(rest) == CUDA_SUCCESS);
    CHECK(standin_cuda_violations() == 0);
  });
}

void TestFailingCalls() {
  RunInChild({"STANDIN_CUDA_FAIL=cuMemAlloc_v2:2:1:1,cuInit:999:2"}, [] {
    const CurrentDevice current;
    CUdeviceptr first = 0;
    CUdeviceptr second = 0;
    CHECK(cuMemAlloc_v2(&first, 8) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&second, 8) == CUDA_ERROR_OUT_OF_MEMORY);
    CHECK(cuMemAlloc_v2(&second, 8) == CUDA_SUCCESS);
    CHECK(cuInit(0) == CUDA_SUCCESS);
    CHECK(cuInit(0) == CUDA_ERROR_UNKNOWN);
    standin_cuda_fail("cuMemFree_v2", CUDA_ERROR_LAUNCH_FAILED, 1);
    CHECK(cuMemFree_v2(first) == CUDA_SUCCESS);
    CHECK(cuMemFree_v2(second) == CUDA_ERROR_LAUNCH_FAILED);
    standin_cuda_fail("cuMemFree_v2", CUDA_SUCCESS, 0);
    CHECK(cuMemFree_v2(second) == CUDA_SUCCESS);
    CHECK(standin_cuda_violations() == 0);
  });
}

void TestDriverReport() {
  const std::string report = TemporaryFile();
  const std::string variable = "STANDIN_CUDA_REPORT=" + report;
  RunInChild({variable}, [] {
    const Fixture released;
    CHECK(true);
  });
  CHECK(Contains(ReadFile(report),
                 R"({"standin":"cuda","deviceAllocations":0,"pinnedAllocations":0,"streams":0,)"
                 R"("events":0,"memoryPools":0,"graphs":0,"graphExecs":0,"contexts":0,)"
                 R"("violations":0,"calls":{)"));
  RunInChild({variable}, [] {
    CUcontext context = nullptr;
    CUdeviceptr device = 0;
    void* pinned = nullptr;
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CHECK(cuInit(0) == CUDA_SUCCESS);
    CHECK(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
    CHECK(cuCtxSetCurrent(context) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&device, 1) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&device, 1) == CUDA_SUCCESS);
    CHECK(cuMemHostAlloc(&pinned, 1, 0) == CUDA_SUCCESS);
    CHECK(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
    CHECK(cuEventCreate(&event, 0) == CUDA_SUCCESS);
    CUmemPoolProps properties{};
    properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
    CUmemoryPool pool = nullptr;
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    CHECK(cuMemPoolCreate(&pool, &properties) == CUDA_SUCCESS);
    CHECK(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED) == CUDA_SUCCESS);
    CHECK(cuStreamEndCapture(stream, &graph) == CUDA_SUCCESS);
    CHECK(cuGraphInstantiateWithFlags(&exec, graph, 0) == CUDA_SUCCESS);
  });
  // The second line: the file is appended to.
  CHECK(Contains(ReadFile(report),
                 "}}\n"
                 R"({"standin":"cuda","deviceAllocations":2,"pinnedAllocations":1,"streams":1,)"
                 R"("events":1,"memoryPools":1,"graphs":1,"graphExecs":1,"contexts":1,)"
                 R"("violations":0,"calls":{)"));
  CHECK(Contains(ReadFile(report), R"("cuMemAlloc_v2":2)"));
  std::remove(report.c_str());
}

void TestContextRules() {
  const std::string complaints = RunInChild({}, [] {
    CUdeviceptr device = 0;
    CUcontext context = nullptr;
    CUcontext current = nullptr;
    CHECK(cuInit(0) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&device, 1) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(cuCtxPopCurrent_v2(nullptr) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(cuDevicePrimaryCtxRelease_v2(0) == CUDA_ERROR_INVALID_CONTEXT);
    CHECK(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
    CHECK(cuCtxPushCurrent_v2(context) == CUDA_SUCCESS);
    CHECK(cuCtxGetCurrent(&current) == CUDA_SUCCESS && current == context);
    std::thread([&] { CHECK(cuMemAlloc_v2(&device, 1) == CUDA_ERROR_INVALID_CONTEXT); }).join();
    CHECK(cuDevicePrimaryCtxRelease_v2(0) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&device, 1) == CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CHECK(cuCtxPopCurrent_v2(&current) == CUDA_SUCCESS && current == context);
    CHECK(cuCtxPushCurrent_v2(context) == CUDA_ERROR_CONTEXT_IS_DESTROYED);
  });
  CHECK(Contains(complaints, "CUDA stand-in: cuMemAlloc_v2: no context is current"));
}

void TestBoundsAndHandles() {
  RunInChild({}, [] {
    Fixture fixture;
    Bytes host = Filled(1);
    const auto copy = [&](CUdeviceptr to, const void* from, size_t bytes) {
      return cuMemcpyHtoDAsync_v2(to, from, bytes, fixture.first);
    };
    CHECK(copy(fixture.device, host.data(), kBytes) == CUDA_SUCCESS);
    CHECK(copy(fixture.device + kBytes / 2, host.data(), kBytes / 2) == CUDA_SUCCESS);
    CHECK(copy(fixture.device, host.data(), 0) == CUDA_SUCCESS);
    CHECK(copy(fixture.device, host.data(), kBytes + 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(copy(fixture.device + 1, host.data(), kBytes) == CUDA_ERROR_INVALID_VALUE);
    CHECK(copy(fixture.device + kBytes, host.data(), 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(copy(fixture.device, fixture.pinned().data() + 1, kBytes) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemcpyDtoDAsync_v2(fixture.device, fixture.device + 1, kBytes, fixture.first) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemsetD8Async(fixture.device + 1, 0, kBytes, fixture.first) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemcpyHtoDAsync_v2(fixture.device, host.data(), 1, nullptr) ==
          CUDA_ERROR_INVALID_HANDLE);
    CHECK(cuMemFree_v2(fixture.device + 1) == CUDA_ERROR_INVALID_VALUE);

    CUstream stream = nullptr;
    CUevent event = nullptr;
    CHECK(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
    CHECK(cuEventDestroy_v2(event) == CUDA_SUCCESS);
    CHECK(cuEventRecord(event, fixture.first) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(cuStreamWaitEvent(fixture.first, reinterpret_cast<CUevent>(stream), 0) ==
          CUDA_ERROR_INVALID_HANDLE);
  });
}

void TestAsynchronousCopies() {
  Fixture fixture;
  CHECK(fixture.DeviceBytes() == Filled(0xFF));

  // From pinned memory: read when the stream gets there.
  fixture.pinned() = Filled(1);
  {
    Gate gate(fixture.first);
    CHECK(cuMemcpyHtoDAsync_v2(fixture.device, fixture.pinned().data(), kBytes, fixture.first) ==
          CUDA_SUCCESS);
    CHECK(cuStreamQuery(fixture.first) == CUDA_ERROR_NOT_READY);
    fixture.pinned() = Filled(2);
    CHECK(fixture.DeviceBytes() == Filled(0xFF));
  }
  CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
  CHECK(cuStreamQuery(fixture.first) == CUDA_SUCCESS);
  CHECK(fixture.DeviceBytes() == Filled(2));

  // From pageable memory: read before the call returns.
  Bytes pageable = Filled(3);
  {
    Gate gate(fixture.first);
    CHECK(cuMemcpyHtoDAsync_v2(fixture.device, pageable.data(), kBytes, fixture.first) ==
          CUDA_SUCCESS);
    pageable = Filled(4);
  }
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(fixture.DeviceBytes() == Filled(3));

  CUdeviceptr other = 0;
  CHECK(cuMemAlloc_v2(&other, kBytes) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(other, 5, kBytes, fixture.second) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoDAsync_v2(fixture.device, other, kBytes, fixture.second) == CUDA_SUCCESS);
  CHECK(fixture.DeviceBytes() == Filled(5));
  CHECK(cuMemcpyDtoHAsync_v2(fixture.pinned().data(), other, kBytes, fixture.second) ==
        CUDA_SUCCESS);
  CHECK(cuStreamSynchronize(fixture.second) == CUDA_SUCCESS);
  CHECK(fixture.pinned() == Filled(5));
  CHECK(cuMemFree_v2(other) == CUDA_SUCCESS);
}

void TestEvents() {
  Fixture fixture;
  CUevent before = nullptr;
  CUevent after = nullptr;
  float milliseconds = -1;
  CHECK(cuEventCreate(&before, 0) == CUDA_SUCCESS);
  CHECK(cuEventCreate(&after, CU_EVENT_BLOCKING_SYNC) == CUDA_SUCCESS);
  // An event that was never recorded holds nobody up.
  CHECK(cuStreamWaitEvent(fixture.second, before, 0) == CUDA_SUCCESS);
  CHECK(cuEventQuery(before) == CUDA_SUCCESS);

  fixture.pinned() = Filled(7);
  CHECK(cuEventRecord(before, fixture.first) == CUDA_SUCCESS);
  Gate gate(fixture.first);
  CHECK(cuMemcpyHtoDAsync_v2(fixture.device, fixture.pinned().data(), kBytes, fixture.first) ==
        CUDA_SUCCESS);
  CHECK(cuEventRecord(after, fixture.first) == CUDA_SUCCESS);
  CHECK(cuEventQuery(after) == CUDA_ERROR_NOT_READY);
  CHECK(cuEventElapsedTime(&milliseconds, before, after) == CUDA_ERROR_NOT_READY);
  // Nothing orders the streams yet, so the second does not see the copy.
  CHECK(fixture.DeviceBytes() == Filled(0xFF));
  CHECK(cuStreamWaitEvent(fixture.second, after, 0) == CUDA_SUCCESS);
  CHECK(cuStreamQuery(fixture.second) == CUDA_ERROR_NOT_READY);
  gate.Open();
  CHECK(fixture.DeviceBytes() == Filled(7));
  CHECK(cuEventSynchronize(after) == CUDA_SUCCESS);
  CHECK(cuEventElapsedTime(&milliseconds, before, after) == CUDA_SUCCESS && milliseconds >= 0);
  CHECK(cuEventElapsedTime_v2(&milliseconds, after, before) == CUDA_SUCCESS && milliseconds <= 0);
  CHECK(cuEventDestroy_v2(before) == CUDA_SUCCESS);
  CHECK(cuEventDestroy_v2(after) == CUDA_SUCCESS);
}

void TestFaults() {
  const std::string complaints = RunInChild({}, [] {
    CUdeviceptr device = 0;
    CUstream stream = nullptr;
    {
      const CurrentDevice current;
      CHECK(cuMemAlloc_v2(&device, kBytes) == CUDA_SUCCESS);
      CHECK(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
      {
        Gate gate(stream);
        CHECK(cuMemsetD8Async(device, 0, kBytes, stream) == CUDA_SUCCESS);
        CHECK(cuMemFree_v2(device) == CUDA_SUCCESS);
      }
      // The error is sticky, but what is left can be released.
      CHECK(cuStreamSynchronize(stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
      CHECK(cuMemAlloc_v2(&device, kBytes) == CUDA_ERROR_ILLEGAL_ADDRESS);
      CHECK(cuStreamDestroy_v2(stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    const CurrentDevice fresh;
    CHECK(cuMemAlloc_v2(&device, kBytes) == CUDA_SUCCESS);
    CHECK(cuMemFree_v2(device) == CUDA_SUCCESS);

    static CUresult from_callback = CUDA_SUCCESS;
    CHECK(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
    const CUhostFn forbidden = [](void*) { from_callback = cuCtxSynchronize(); };
    CHECK(cuLaunchHostFunc(stream, forbidden, nullptr) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
    CHECK(from_callback == CUDA_ERROR_NOT_PERMITTED);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
    CHECK(standin_cuda_violations() == 2);
  });
  CHECK(Contains(complaints, "a copy was still to run when its memory was freed"));
  CHECK(Contains(complaints, "cuCtxSynchronize: a host function must not call the driver"));
}

/// Four threads, each with a pipeline of two streams: nothing may leak from one into another.
void TestConcurrentStreams() {
  std::vector<std::thread> threads;
  for (unsigned char worker = 0; worker < 4; ++worker) {
    threads.emplace_back([worker] {
      Fixture fixture;
      CUevent copied = nullptr;
      CHECK(cuEventCreate(&copied, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
      for (unsigned char round = 0; round < 20; ++round) {
        const Bytes expected = Filled(static_cast<unsigned char>(worker * 32 + round));
        fixture.pinned() = expected;
        cuMemcpyHtoDAsync_v2(fixture.device, fixture.pinned().data(), kBytes, fixture.first);
        cuEventRecord(copied, fixture.first);
        cuStreamWaitEvent(fixture.second, copied, 0);
        CHECK(fixture.DeviceBytes() == expected);
      }
      CHECK(cuEventDestroy_v2(copied) == CUDA_SUCCESS);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

void TestCudaDriver() {
  TestDevices();
  TestMemoryLimit();
  TestFailingCalls();
  TestDriverReport();
  TestContextRules();
  TestBoundsAndHandles();
  TestFaults();
  RunInChild({"STANDIN_CUDA_DELAY_US=500"}, [] {
    TestAsynchronousCopies();
    TestEvents();
    TestConcurrentStreams();
    CHECK(standin_cuda_violations() == 0);
    CHECK(standin_cuda_live_allocations() == 0);
  });
  RunInChild({}, [] {
    TestAsynchronousCopies();
    TestEvents();
    TestConcurrentStreams();
    CHECK(standin_cuda_violations() == 0);
    CHECK(standin_cuda_live_allocations() == 0);
  });
}

}  // namespace selftest
