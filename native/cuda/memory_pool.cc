#include "cuda/memory_pool.h"

#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace tensorrt_node {
namespace {

CUmemPoolProps PropertiesFor(const Device& device) {
  constexpr int kPinnedAllocation = 1;
  constexpr int kOnDevice = 1;
  CUmemPoolProps properties{};
  properties.alloc_type = kPinnedAllocation;
  properties.location_type = kOnDevice;
  properties.location_id = device.ordinal();
  return properties;
}

}  // namespace

std::shared_ptr<MemoryPool> MemoryPool::Of(int ordinal) {
  // Weak: nothing of CUDA may be left when the process ends.
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<MemoryPool>>& pools =
      *new std::map<int, std::weak_ptr<MemoryPool>>;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<MemoryPool> pool = pools[ordinal].lock();
  if (!pool) {
    pool = std::make_shared<MemoryPool>(Device::Open(ordinal));
    pools[ordinal] = pool;
  }
  return pool;
}

MemoryPool::MemoryPool(std::shared_ptr<const Device> device)
    : device_(std::move(device)), stream_(device_) {
  constexpr int kReleaseThreshold = 4;
  const ContextScope scope(*device_);
  const CudaDriver& driver = device_->driver();
  const CUmemPoolProps properties = PropertiesFor(*device_);
  driver.Check(driver.cuMemPoolCreate(&pool_, &properties), "cuMemPoolCreate");
  unsigned long long keep_all = std::numeric_limits<unsigned long long>::max();
  driver.cuMemPoolSetAttribute(pool_, kReleaseThreshold, &keep_all);
}

MemoryPool::~MemoryPool() {
  CleanUp(*device_, [this] {
    device_->driver().cuStreamSynchronize(stream_.get());
    device_->driver().cuMemPoolDestroy(pool_);
  });
}

void MemoryPool::Trim() {
  const ContextScope scope(*device_);
  stream_.Synchronize();
  const CudaDriver& driver = device_->driver();
  driver.Check(driver.cuMemPoolTrimTo(pool_, 0), "cuMemPoolTrimTo");
}

CUdeviceptr MemoryPool::Allocate(size_t bytes) {
  const ContextScope scope(*device_);
  const CudaDriver& driver = device_->driver();
  CUdeviceptr pointer = 0;
  driver.Check(driver.cuMemAllocFromPoolAsync(&pointer, bytes, pool_, stream_.get()),
               "cuMemAllocFromPoolAsync");
  stream_.Synchronize();
  return pointer;
}

void MemoryPool::Free(CUdeviceptr pointer) noexcept {
  CleanUp(*device_, [&] { device_->driver().cuMemFreeAsync(pointer, stream_.get()); });
}

DeviceBlock::DeviceBlock(std::shared_ptr<MemoryPool> pool, size_t bytes)
    : pool_(std::move(pool)), bytes_(bytes), pointer_(pool_->Allocate(bytes == 0 ? 1 : bytes)) {}

DeviceBlock::~DeviceBlock() { pool_->Free(pointer_); }

}  // namespace tensorrt_node
