#include "driver.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "../common/exit_report.h"

namespace tensorrt_node::standin {

namespace {

/// Device addresses are no addresses of the process, as on a machine with a GPU: a program that
/// follows one ends with a signal. They are never reused, and gaps lie between them.
constexpr CUdeviceptr kFirstAddress = CUdeviceptr{1} << 49;
constexpr CUdeviceptr kAddressAlignment = 512;

constexpr uintptr_t kFirstHandle = 0x5D0000;

__attribute__((destructor)) void ReportAtExit() {
  AppendReport("STANDIN_CUDA_REPORT", Driver::Instance().Report());
}

}  // namespace

Driver& Driver::Instance() {
  static Driver& driver = *new Driver;
  return driver;
}

Driver::Driver() : next_address_(kFirstAddress), next_handle_(kFirstHandle) {
  ledger_.InjectFrom("STANDIN_CUDA_FAIL");
  fault_ledger_.InjectFrom("STANDIN_CUDA_FAULT");
}

CUresult Driver::Initialize() {
  std::call_once(once_, [this] {
    settings_ = Settings::FromEnvironment();
    const auto& capabilities = settings_.compute_capabilities;
    for (int ordinal = 0; ordinal < settings_.devices; ++ordinal) {
      const size_t index = std::min<size_t>(ordinal, capabilities.size() - 1);
      devices_.push_back(
          std::make_unique<Device>(ordinal, capabilities[index], settings_.memory_bytes));
      default_pools_.push_back(CreatePool(*devices_.back()));
    }
    initialized_ = !devices_.empty();
  });
  return initialized_ ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}

Device* Driver::FindDevice(CUdevice ordinal) const {
  return ordinal >= 0 && ordinal < device_count() ? devices_[ordinal].get() : nullptr;
}

Device* Driver::FindDevice(CUcontext context) const {
  const auto found = std::find_if(devices_.begin(), devices_.end(),
                                  [&](const auto& device) { return device->context() == context; });
  return found == devices_.end() ? nullptr : found->get();
}

CUdeviceptr Driver::AllocateDeviceMemory(Device& device, size_t bytes) {
  if (!device.Reserve(bytes)) return 0;
  try {
    return AddDeviceMemory(std::make_shared<Allocation>(device, bytes));
  } catch (...) {
    device.Unreserve(bytes);
    throw;
  }
}

CUdeviceptr Driver::AllocateFromPool(const std::shared_ptr<MemoryPool>& pool, size_t bytes) {
  if (!pool->Take(bytes)) return 0;
  pools_grew_ = true;
  try {
    return AddDeviceMemory(std::make_shared<Allocation>(pool, bytes));
  } catch (...) {
    pool->Give(bytes);
    throw;
  }
}

CUdeviceptr Driver::AddDeviceMemory(std::shared_ptr<Allocation> allocation) {
  const CUdeviceptr pages = allocation->bytes() / kAddressAlignment + 2;
  const CUdeviceptr address = next_address_.fetch_add(pages * kAddressAlignment);
  device_memory_.Add(address, std::move(allocation));
  return address;
}

bool Driver::FreeDeviceMemory(CUdeviceptr address) {
  const std::shared_ptr<Allocation> allocation = device_memory_.Remove(address);
  if (allocation == nullptr) return false;
  if (MemoryPool* pool = allocation->pool()) {
    pool->Give(allocation->bytes());
  } else {
    allocation->device().Unreserve(allocation->bytes());
  }
  return true;
}

CUmemoryPool Driver::CreatePool(Device& device) {
  return pools_.Add(std::make_shared<MemoryPool>(device));
}

void Driver::TrimPools() {
  if (!pools_grew_) return;
  pools_.ForEach([](MemoryPool& pool) { pool.Trim(pool.threshold()); });
}

CUstream Driver::CreateStream(Device& device, Stream::Options options) {
  return streams_.Add(std::make_shared<Stream>(device, options, settings_.max_delay, NextSeed()));
}

CUgraphExec Driver::CreateGraphExec(std::shared_ptr<const Graph> graph) {
  return graph_execs_.Add(std::make_shared<GraphExec>(std::move(graph), NextSeed()));
}

void Driver::Violation(const std::string& message) {
  ++violations_;
  std::fprintf(stderr, "CUDA stand-in: %s\n", message.c_str());
}

std::string Driver::Report() const {
  int references = 0;
  for (const auto& device : devices_) references += device->references();
  const auto field = [](const char* name, int64_t value) {
    return std::string(",\"") + name + "\":" + std::to_string(value);
  };
  return "{\"standin\":\"cuda\"" +
         field("deviceAllocations", static_cast<int64_t>(device_memory_.size())) +
         field("pinnedAllocations", static_cast<int64_t>(pinned_memory_.size())) +
         field("streams", static_cast<int64_t>(streams_.size())) +
         field("events", static_cast<int64_t>(events_.size())) +
         field("memoryPools", static_cast<int64_t>(pools_.size() - default_pools_.size())) +
         field("graphs", static_cast<int64_t>(graphs_.size())) +
         field("graphExecs", static_cast<int64_t>(graph_execs_.size())) +
         field("contexts", references) + field("violations", violations_) +
         ",\"calls\":" + ledger_.Json() + "}";
}

}  // namespace tensorrt_node::standin
