#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "cuda/event.h"
#include "cuda/gpu_monitor.h"
#include "cuda/graph.h"
#include "cuda/memory.h"
#include "cuda/stream.h"
#include "session/memory_copy.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class CudaTest : public StandinTest {};

TEST_F(CudaTest, OpensOneDriverFromManyThreads) {
  std::atomic<const CudaDriver*> first{nullptr};
  InThreads(8, [&](int) {
    const CudaDriver* const driver = &CudaDriver::Get();
    const CudaDriver* expected = nullptr;
    const bool is_first = first.compare_exchange_strong(expected, driver);
    EXPECT_EQ(is_first ? driver : expected, driver);
    EXPECT_GE(driver->version(), 12000);
  });
}

TEST_F(CudaTest, ListsTheDevicesAndRefusesOthers) {
  const std::vector<DeviceInfo> devices = ListDevices();
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[1].ordinal, 1);
  EXPECT_EQ(devices[1].compute_major, 8);
  EXPECT_EQ(devices[1].compute_minor, 9);
  EXPECT_GT(devices[1].memory_bytes, 0U);
  EXPECT_EQ(CodeOf([] { Device::Open(2); }), "ERR_NO_GPU");
  EXPECT_EQ(CodeOf([] { Device::Open(-1); }), "ERR_NO_GPU");
}

TEST_F(CudaTest, NamesTheCallAndTheReasonOfAFailure) {
  const std::shared_ptr<Device> device = Device::Open(0);
  const InjectedFailure failure("cuMemAlloc_v2", 2);
  DeviceBuffer buffer(device);
  try {
    buffer.Reserve(64);
    FAIL() << "nothing was thrown";
  } catch (const StatusError& error) {
    EXPECT_EQ(error.code(), "ERR_GPU_MEMORY");
    EXPECT_NE(std::string(error.what()).find("cuMemAlloc failed"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("CUDA_ERROR_OUT_OF_MEMORY"), std::string::npos);
  }
  EXPECT_EQ(buffer.data(), nullptr);
}

TEST_F(CudaTest, TellsHostMemoryFromDeviceMemoryWhereItRunsOut) {
  const InjectedFailure failure("cuMemHostAlloc", 2);
  PinnedBuffer buffer(Device::Open(0));
  EXPECT_EQ(CodeOf([&] { buffer.Reserve(64); }), "ERR_CUDA");
}

TEST_F(CudaTest, BuffersGrowAndKeepTheirMemory) {
  DeviceBuffer buffer(Device::Open(0));
  buffer.Reserve(100);
  void* const address = buffer.data();
  buffer.Reserve(50);
  EXPECT_EQ(buffer.data(), address);
  buffer.Reserve(101);
  EXPECT_NE(buffer.data(), address);
  DeviceBuffer moved(std::move(buffer));
  EXPECT_EQ(moved.capacity(), 101U);
}

/// A round trip over the device, in which events alone order three streams.
TEST_F(CudaTest, EventsOrderTheStreamsOfManyThreads) {
  InThreads(6, [](int thread) {
    const std::shared_ptr<Device> device = Device::Open(thread % 2);
    const ContextScope scope(*device);
    const CudaDriver& driver = device->driver();
    const Stream in(device, StreamPriority::kHigh);
    const Stream compute(device);
    const Stream out(device, StreamPriority::kLow);
    Event copied(device);
    Event computed(device);
    PinnedBuffer from(device);
    PinnedBuffer to(device);
    DeviceBuffer first(device);
    DeviceBuffer second(device);
    constexpr size_t kBytes = 512;
    from.Reserve(kBytes);
    to.Reserve(kBytes);
    first.Reserve(kBytes);
    second.Reserve(kBytes);
    for (int round = 0; round < 10; ++round) {
      std::memset(from.data(), thread * 16 + round, kBytes);
      std::memset(to.data(), 0xEE, kBytes);
      driver.Check(driver.cuMemcpyHtoDAsync(first.device_pointer(), from.data(), kBytes, in.get()),
                   "in");
      copied.Record(in);
      copied.HoldBack(compute);
      driver.Check(driver.cuMemcpyDtoDAsync(second.device_pointer(), first.device_pointer(), kBytes,
                                            compute.get()),
                   "compute");
      computed.Record(compute);
      computed.HoldBack(out);
      driver.Check(driver.cuMemcpyDtoHAsync(to.data(), second.device_pointer(), kBytes, out.get()),
                   "out");
      out.Synchronize();
      EXPECT_EQ(std::memcmp(from.data(), to.data(), kBytes), 0);
    }
  });
}

TEST_F(CudaTest, MeasuresTheTimeBetweenTwoEvents) {
  const std::shared_ptr<Device> device = Device::Open(0);
  const ContextScope scope(*device);
  const Stream stream(device);
  Event begin(device, Event::Timing::kOn);
  Event end(device, Event::Timing::kOn);
  begin.Record(stream);
  end.Record(stream);
  end.Synchronize();
  EXPECT_GE(end.MillisecondsSince(begin), 0.0F);
}

TEST_F(CudaTest, SpinsForAShortWhileAndThenSleeps) {
  const std::shared_ptr<Device> device = Device::Open(0);
  const ContextScope scope(*device);
  const Stream stream(device);
  Event event(device);
  event.Synchronize(Waiting::kSpin);
  Occupy(stream.get(), std::chrono::milliseconds(5));
  event.Record(stream);
  event.Synchronize(Waiting::kSpin);
  Occupy(stream.get(), std::chrono::milliseconds(200));
  event.Record(stream);
  {
    const InjectedFailure slept("cuEventSynchronize", 1);
    EXPECT_EQ(CodeOf([&] { event.Synchronize(Waiting::kSpin); }), "ERR_CUDA");
  }
  {
    const InjectedFailure spun("cuEventQuery", 1);
    EXPECT_EQ(CodeOf([&] { event.Synchronize(Waiting::kSpin); }), "ERR_CUDA");
    EXPECT_EQ(CodeOf([&] { event.Synchronize(); }), "");
  }
}

TEST_F(CudaTest, GraphsAreCapturedAndLaunchedOnManyThreads) {
  InThreads(4, [](int thread) {
    const std::shared_ptr<Device> device = Device::Open(thread % 2);
    const ContextScope scope(*device);
    const CudaDriver& driver = device->driver();
    const Stream stream(device);
    DeviceBuffer memory(device);
    PinnedBuffer host(device);
    memory.Reserve(16);
    host.Reserve(16);
    std::unique_ptr<Graph> graph;
    {
      Capture capture(device, stream);
      driver.Check(driver.cuMemsetD8Async(memory.device_pointer(),
                                          static_cast<unsigned char>(thread + 1), 16, stream.get()),
                   "cuMemsetD8Async");
      driver.Check(driver.cuMemcpyDtoHAsync(host.data(), memory.device_pointer(), 16, stream.get()),
                   "out");
      graph = capture.Finish();
    }
    for (int round = 0; round < 10; ++round) {
      std::memset(host.data(), 0, 16);
      graph->Launch(stream);
      stream.Synchronize();
      EXPECT_EQ(static_cast<const unsigned char*>(host.data())[15], thread + 1);
    }
  });
}

TEST_F(CudaTest, AnAbandonedCaptureLeavesTheStreamUsable) {
  const std::shared_ptr<Device> device = Device::Open(0);
  const ContextScope scope(*device);
  const CudaDriver& driver = device->driver();
  const Stream stream(device);
  DeviceBuffer memory(device);
  memory.Reserve(16);
  {
    const Capture capture(device, stream);
    driver.Check(driver.cuMemsetD8Async(memory.device_pointer(), 1, 16, stream.get()), "captured");
  }
  driver.Check(driver.cuMemsetD8Async(memory.device_pointer(), 1, 16, stream.get()), "plain");
  stream.Synchronize();
}

TEST_F(CudaTest, CopiesBetweenAllKindsOfMemory) {
  constexpr size_t kBytes = 300;
  const auto pinned = [](int device) { return TensorMemory::Pinned(Device::Open(device), kBytes); };
  const auto on = [](int device) { return TensorMemory::OnDevice(MemoryPool::Of(device), kBytes); };
  std::vector<uint8_t> sent(kBytes);
  for (size_t i = 0; i < kBytes; ++i) sent[i] = static_cast<uint8_t>(i);
  const std::vector<std::shared_ptr<TensorMemory>> route = {on(0),     on(1),     pinned(0), on(1),
                                                            pinned(1), pinned(0), on(0),     on(0)};
  CopyFromHost(sent.data(), *route.front(), kBytes);
  for (size_t i = 1; i < route.size(); ++i) CopyBetween(*route[i - 1], *route[i], kBytes);
  std::vector<uint8_t> received(kBytes);
  CopyToHost(*route.back(), received.data(), kBytes);
  EXPECT_EQ(received, sent);
  CopyToHost(*route[2], received.data(), 0);
  CopyFromHost(received.data(), *route[0], 0);
  CopyBetween(*route[0], *route[1], 0);
}

TEST_F(CudaTest, MonitorsReadOnManyThreadsAndComeAndGo) {
  InThreads(6, [](int thread) {
    for (int round = 0; round < 5; ++round) {
      const GpuMonitor monitor(thread % 2);
      EXPECT_EQ(monitor.problem(), "");
      const GpuReading reading = monitor.Read();
      EXPECT_GT(reading.memory.total_bytes, 0U);
      EXPECT_LE(reading.memory.free_bytes, reading.memory.total_bytes);
      EXPECT_TRUE(reading.power_watts.has_value());
      EXPECT_TRUE(reading.energy_joules.has_value());
    }
  });
}

}  // namespace
}  // namespace tensorrt_node::test
