#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cuda/driver.h"

namespace tensorrt_node {

struct DeviceInfo {
  int ordinal = 0;
  std::string name;
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  size_t memory_bytes = 0;
};

/// All GPUs of the machine. Throws ERR_NO_GPU where there is no driver.
std::vector<DeviceInfo> ListDevices();

/// Bytes of device memory.
struct MemoryInfo {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
};

/// A GPU in use: its primary context, which TensorRT's own runtime uses as well.
class Device {
 public:
  /// Throws ERR_NO_GPU where the machine has no GPU of that number.
  static std::shared_ptr<Device> Open(int ordinal);

  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  const CudaDriver& driver() const { return driver_; }
  int ordinal() const { return device_; }
  CUcontext context() const { return context_; }

 private:
  friend class ContextScope;
  Device(const CudaDriver& driver, int ordinal);

  const CudaDriver& driver_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
};

/// Makes a device's context current on this thread for as long as it lives.
class ContextScope {
 public:
  explicit ContextScope(const Device& device) : driver_(device.driver_) {
    driver_.Check(driver_.cuCtxPushCurrent(device.context_), "cuCtxPushCurrent");
  }
  ~ContextScope() {
    CUcontext popped = nullptr;
    driver_.cuCtxPopCurrent(&popped);
  }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  const CudaDriver& driver_;
};

/// What is free on the device now, for all processes together.
MemoryInfo ReadMemoryInfo(const Device& device);

/// Runs a destructor's work with the device's context current. Where the context is gone, for
/// example after a fault of the device, everything in it is gone too and there is nothing to do.
template <typename Cleanup>
void CleanUp(const Device& device, Cleanup&& cleanup) noexcept {
  try {
    const ContextScope scope(device);
    std::forward<Cleanup>(cleanup)();
  } catch (const StatusError&) {
  }
}

}  // namespace tensorrt_node
