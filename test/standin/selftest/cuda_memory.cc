#include <cstring>
#include <string>
#include <thread>

#include "cuda_fixture.h"
#include "selftest.h"

namespace selftest {

namespace {

uint64_t Attribute(CUmemoryPool pool, CUmemPool_attribute attribute) {
  uint64_t value = 0;
  CHECK(cuMemPoolGetAttribute(pool, attribute, &value) == CUDA_SUCCESS);
  return value;
}

void SetThreshold(CUmemoryPool pool, uint64_t bytes) {
  CHECK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &bytes) == CUDA_SUCCESS);
}

void TestPoolAccounting() {
  const CurrentDevice current;
  CUstream stream = nullptr;
  CUmemoryPool pool = nullptr;
  CUdeviceptr a = 0;
  CUdeviceptr b = 0;
  CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  CHECK(cuDeviceGetDefaultMemPool(&pool, 0) == CUDA_SUCCESS);
  CHECK(cuDeviceGetDefaultMemPool(&pool, 1) == CUDA_ERROR_INVALID_DEVICE);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) == 0);
  SetThreshold(pool, 300);
  CHECK(cuMemAllocAsync(&a, 600, stream) == CUDA_SUCCESS);
  CHECK(cuMemAllocAsync(&b, 500, stream) == CUDA_ERROR_OUT_OF_MEMORY);
  CHECK(cuMemAllocAsync(&b, 400, stream) == CUDA_SUCCESS);
  CHECK(FreeBytes() == 0 && standin_cuda_live_allocations() == 2);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT) == 1000);
  CHECK(cuMemsetD8Async(a, 1, 600, stream) == CUDA_SUCCESS);
  CHECK(cuMemFreeAsync(a, stream) == CUDA_SUCCESS);
  CHECK(cuMemFreeAsync(b, stream) == CUDA_SUCCESS);
  // From here no call may name it, though the stream may still have work with it.
  CHECK(cuMemsetD8Async(a, 1, 600, stream) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuMemFreeAsync(a, stream) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuMemFree_v2(a) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  // The pool keeps what its threshold says.
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT) == 0);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH) == 1000);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT) == 300);
  CHECK(FreeBytes() == 700);
  CHECK(cuMemPoolTrimTo(pool, 100) == CUDA_SUCCESS && FreeBytes() == 900);
  CHECK(cuMemPoolTrimTo(pool, 0) == CUDA_SUCCESS && FreeBytes() == 1000);
  uint64_t zero = 0;
  CHECK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &zero) == CUDA_SUCCESS);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH) == 0);
  CHECK(Attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH) == 1000);
  CHECK(cuMemPoolDestroy(pool) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
  CHECK(standin_cuda_live_allocations() == 0);
}

void TestOwnPool() {
  const CurrentDevice current;
  CUmemPoolProps properties{};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  CUmemoryPool pool = nullptr;
  CUstream stream = nullptr;
  CUdeviceptr address = 0;
  CUdeviceptr freed_at_once = 0;
  CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  CHECK(cuMemPoolCreate(&pool, &properties) == CUDA_SUCCESS);
  SetThreshold(pool, UINT64_MAX);
  CHECK(cuMemAllocFromPoolAsync(&address, 100, pool, stream) == CUDA_SUCCESS);
  CHECK(cuMemAllocFromPoolAsync(&freed_at_once, 100, pool, stream) == CUDA_SUCCESS);
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(cuMemFree_v2(freed_at_once) == CUDA_SUCCESS);
  CHECK(FreeBytes() == 800);
  // The memory of a destroyed pool goes with the last of its allocations.
  CHECK(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
  CHECK(cuMemPoolDestroy(pool) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuMemAllocFromPoolAsync(&freed_at_once, 1, pool, stream) == CUDA_ERROR_INVALID_VALUE);
  CHECK(FreeBytes() == 800);
  CHECK(cuMemFreeAsync(address, stream) == CUDA_SUCCESS);
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(FreeBytes() == 1000);
  CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
}

/// Memory that is used on a stream which nothing orders behind its allocation, or its free.
void TestUnorderedUse() {
  const std::string too_early = RunInChild({}, [] {
    const Fixture fixture;
    CUdeviceptr memory = 0;
    Gate gate(fixture.first);
    CHECK(cuMemAllocAsync(&memory, kBytes, fixture.first) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 0, kBytes, fixture.second) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.second) == CUDA_ERROR_ILLEGAL_ADDRESS);
    gate.Open();
    CHECK(cuMemFreeAsync(memory, fixture.first) == CUDA_ERROR_ILLEGAL_ADDRESS);
    cuStreamSynchronize(fixture.first);
    CHECK(standin_cuda_live_allocations() == 1);
  });
  CHECK(Contains(too_early, "a copy was still to run before a stream allocated its memory"));
  const std::string too_late = RunInChild({}, [] {
    const Fixture fixture;
    CUdeviceptr memory = 0;
    CHECK(cuMemAllocAsync(&memory, kBytes, fixture.first) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
    Gate gate(fixture.second);
    CHECK(cuMemsetD8Async(memory, 0, kBytes, fixture.second) == CUDA_SUCCESS);
    CHECK(cuMemFreeAsync(memory, fixture.first) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
    gate.Open();
    CHECK(cuStreamSynchronize(fixture.second) == CUDA_ERROR_ILLEGAL_ADDRESS);
  });
  CHECK(Contains(too_late, "a copy was still to run when its memory was freed"));
  const std::string free_first = RunInChild({}, [] {
    const Fixture fixture;
    CUdeviceptr memory = 0;
    Gate gate(fixture.first);
    CHECK(cuMemAllocAsync(&memory, kBytes, fixture.first) == CUDA_SUCCESS);
    CHECK(cuMemFreeAsync(memory, fixture.second) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(fixture.second) == CUDA_ERROR_ILLEGAL_ADDRESS);
  });
  CHECK(Contains(free_first, "a free ran before a stream allocated its memory"));
}

void TestSynchronousCopies() {
  Fixture fixture;
  CUstream blocking = nullptr;
  CHECK(cuStreamCreate(&blocking, 0) == CUDA_SUCCESS);
  Bytes bytes = Filled(3);
  CHECK(cuMemsetD8_v2(fixture.device, 2, kBytes) == CUDA_SUCCESS);
  CHECK(fixture.DeviceBytes() == Filled(2));
  CHECK(cuMemcpyHtoD_v2(fixture.device, bytes.data(), kBytes) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoH_v2(fixture.pinned().data(), fixture.device, kBytes) == CUDA_SUCCESS);
  CHECK(fixture.pinned() == Filled(3));
  CHECK(cuMemcpyHtoD_v2(fixture.device + 1, bytes.data(), kBytes) == CUDA_ERROR_INVALID_VALUE);
  // They wait for a blocking stream, and not for a non-blocking one.
  Gate gate(fixture.first);
  CHECK(cuMemsetD8Async(fixture.device, 4, kBytes, fixture.first) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoH_v2(bytes.data(), fixture.device, kBytes) == CUDA_SUCCESS);
  CHECK(bytes == Filled(3));
  gate.Open();
  CHECK(cuStreamSynchronize(fixture.first) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(fixture.device, 5, kBytes, blocking) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoH_v2(bytes.data(), fixture.device, kBytes) == CUDA_SUCCESS);
  CHECK(bytes == Filled(5));
  CUgraph graph = nullptr;
  CHECK(cuStreamBeginCapture_v2(blocking, CU_STREAM_CAPTURE_MODE_RELAXED) == CUDA_SUCCESS);
  CHECK(cuMemcpyDtoH_v2(bytes.data(), fixture.device, kBytes) ==
        CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  CHECK(cuStreamEndCapture(blocking, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  CHECK(cuStreamDestroy_v2(blocking) == CUDA_SUCCESS);
}

/// Two devices, each with memory and a stream.
class Peers {
 public:
  Peers() {
    CHECK(cuDevicePrimaryCtxRetain(&contexts[1], 1) == CUDA_SUCCESS);
    contexts[0] = current.context;
    for (int device : {1, 0}) {
      CHECK(cuCtxSetCurrent(contexts[device]) == CUDA_SUCCESS);
      CHECK(cuMemAlloc_v2(&memory[device], kBytes) == CUDA_SUCCESS);
      CHECK(cuMemsetD8_v2(memory[device], static_cast<unsigned char>(device), kBytes) ==
            CUDA_SUCCESS);
    }
    CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  }
  ~Peers() {
    cuStreamDestroy_v2(stream);
    cuMemFree_v2(memory[0]);
    cuMemFree_v2(memory[1]);
    cuDevicePrimaryCtxRelease_v2(1);
  }
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// What is in the memory of the first device.
  Bytes First() {
    Bytes bytes{};
    CHECK(cuMemcpyDtoHAsync_v2(bytes.data(), memory[0], kBytes, stream) == CUDA_SUCCESS);
    return bytes;
  }
  CUresult CopyToFirst() { return cuMemcpyDtoDAsync_v2(memory[0], memory[1], kBytes, stream); }

  CurrentDevice current;
  CUcontext contexts[2] = {};
  CUdeviceptr memory[2] = {};
  CUstream stream = nullptr;
};

void TestPeers() {
  RunInChild({"STANDIN_CUDA_DEVICES=2"}, [] {
    Peers peers;
    int can = 0;
    CHECK(cuDeviceCanAccessPeer(&can, 0, 1) == CUDA_SUCCESS && can == 1);
    CHECK(cuDeviceCanAccessPeer(&can, 0, 0) == CUDA_SUCCESS && can == 0);
    CHECK(cuDeviceCanAccessPeer(&can, 0, 2) == CUDA_ERROR_INVALID_DEVICE);
    CHECK(peers.CopyToFirst() == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemcpyPeerAsync(peers.memory[0], peers.contexts[0], peers.memory[1], peers.contexts[1],
                            kBytes, peers.stream) == CUDA_SUCCESS);
    CHECK(peers.First() == Filled(1));
    CHECK(cuMemcpyPeerAsync(peers.memory[0], peers.contexts[1], peers.memory[1], peers.contexts[1],
                            kBytes, peers.stream) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuCtxEnablePeerAccess(peers.contexts[0], 0) == CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
    CHECK(cuCtxEnablePeerAccess(peers.contexts[1], 0) == CUDA_SUCCESS);
    CHECK(cuCtxEnablePeerAccess(peers.contexts[1], 0) == CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    CHECK(cuMemsetD8Async(peers.memory[0], 9, kBytes, peers.stream) == CUDA_SUCCESS);
    CHECK(peers.CopyToFirst() == CUDA_SUCCESS);
    CHECK(peers.First() == Filled(1));
    CHECK(cuCtxDisablePeerAccess(peers.contexts[1]) == CUDA_SUCCESS);
    CHECK(cuCtxDisablePeerAccess(peers.contexts[1]) == CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
    CHECK(peers.CopyToFirst() == CUDA_ERROR_INVALID_VALUE);
  });
  RunInChild({"STANDIN_CUDA_DEVICES=2", "STANDIN_CUDA_PEER=0"}, [] {
    const Peers peers;
    int can = 1;
    CHECK(cuDeviceCanAccessPeer(&can, 0, 1) == CUDA_SUCCESS && can == 0);
    CHECK(cuCtxEnablePeerAccess(peers.contexts[1], 0) == CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
  });
}

void TestQueries() {
  RunInChild({"STANDIN_CUDA_DEVICES=2"}, [] {
    Peers peers;
    const auto query = [](CUpointer_attribute attribute, const void* pointer, auto expected) {
      decltype(expected) value{};
      return cuPointerGetAttribute(&value, attribute, reinterpret_cast<CUdeviceptr>(pointer)) ==
                 CUDA_SUCCESS &&
             value == expected;
    };
    const auto* device = reinterpret_cast<const void*>(peers.memory[1] + 1);
    void* pinned = nullptr;
    CHECK(cuMemHostAlloc(&pinned, kBytes, 0) == CUDA_SUCCESS);
    CHECK(query(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, device, CU_MEMORYTYPE_DEVICE));
    CHECK(query(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, device, 1));
    CHECK(query(CU_POINTER_ATTRIBUTE_CONTEXT, device, peers.contexts[1]));
    CHECK(query(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, pinned, CU_MEMORYTYPE_HOST));
    unsigned type = 0;
    CHECK(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                reinterpret_cast<CUdeviceptr>(&type)) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemFreeHost(pinned) == CUDA_SUCCESS);

    char bus_id[16] = "";
    CUuuid first{};
    CUuuid second{};
    CUdevice ordinal = -1;
    CHECK(cuDeviceGetPCIBusId(bus_id, sizeof(bus_id), 1) == CUDA_SUCCESS);
    CHECK(std::string(bus_id) == "0000:02:00.0");
    CHECK(cuDeviceGetPCIBusId(bus_id, 12, 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuDeviceGetUuid_v2(&first, 0) == CUDA_SUCCESS);
    CHECK(cuDeviceGetUuid_v2(&second, 1) == CUDA_SUCCESS);
    CHECK(std::memcmp(&first, &second, sizeof(first)) != 0);
    CHECK(cuCtxGetDevice(&ordinal) == CUDA_SUCCESS && ordinal == 0);

    int least = 1;
    int greatest = 1;
    int priority = 1;
    unsigned flags = 0;
    CUcontext context = nullptr;
    CUstream stream = nullptr;
    CHECK(cuCtxGetStreamPriorityRange(&least, &greatest) == CUDA_SUCCESS);
    CHECK(least == 0 && greatest < 0);
    CHECK(cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, -100) == CUDA_SUCCESS);
    CHECK(cuStreamGetPriority(stream, &priority) == CUDA_SUCCESS && priority == greatest);
    CHECK(cuStreamGetFlags(stream, &flags) == CUDA_SUCCESS && flags == CU_STREAM_NON_BLOCKING);
    CHECK(cuStreamGetCtx(stream, &context) == CUDA_SUCCESS && context == peers.contexts[0]);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
    CHECK(cuStreamGetCtx(stream, &context) == CUDA_ERROR_INVALID_HANDLE);
    CHECK(standin_cuda_violations() == 1);
  });
}

void TestLostDevice() {
  RunInChild({"STANDIN_CUDA_FAULT=cuMemsetD8Async:46:1:1"}, [] {
    static bool called = false;
    CUdeviceptr memory = 0;
    void* pinned = nullptr;
    CUstream stream = nullptr;
    const CurrentDevice current;
    CHECK(cuMemAlloc_v2(&memory, kBytes) == CUDA_SUCCESS);
    CHECK(cuMemHostAlloc(&pinned, kBytes, 0) == CUDA_SUCCESS);
    CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 0, kBytes, stream) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
    {
      Gate gate(stream);
      // A host function that was to run when the device went is not called.
      CHECK(cuLaunchHostFunc(stream, [](void*) { called = true; }, nullptr) == CUDA_SUCCESS);
      CHECK(cuMemsetD8Async(memory, 0, kBytes, stream) == CUDA_ERROR_DEVICE_UNAVAILABLE);
    }
    CHECK(cuStreamSynchronize(stream) == CUDA_ERROR_DEVICE_UNAVAILABLE && !called);
    CHECK(cuMemAlloc_v2(&memory, kBytes) == CUDA_ERROR_DEVICE_UNAVAILABLE);
    CHECK(cuCtxSynchronize() == CUDA_ERROR_DEVICE_UNAVAILABLE);
    CHECK(cuMemFree_v2(memory) == CUDA_ERROR_DEVICE_UNAVAILABLE);
    CHECK(cuMemFreeHost(pinned) == CUDA_ERROR_DEVICE_UNAVAILABLE);
    CHECK(cuStreamDestroy_v2(stream) == CUDA_ERROR_DEVICE_UNAVAILABLE);
    CHECK(standin_cuda_live_allocations() == 0 && standin_cuda_violations() == 0);
  });
}

}  // namespace

void TestCudaMemory() {
  RunInChild({"STANDIN_CUDA_MEMORY=1000"}, TestPoolAccounting);
  RunInChild({"STANDIN_CUDA_MEMORY=1000"}, TestOwnPool);
  TestUnorderedUse();
  RunInChild({}, TestSynchronousCopies);
  TestPeers();
  TestQueries();
  TestLostDevice();
}

}  // namespace selftest
