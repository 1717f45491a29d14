#include "cuda/device.h"

#include <array>

namespace tensorrt_node {
namespace {

// CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, _COMPUTE_CAPABILITY_MAJOR and _MINOR.
constexpr int kMultiprocessors = 16;
constexpr int kComputeMajor = 75;
constexpr int kComputeMinor = 76;

int Attribute(const CudaDriver& driver, CUdevice device, int attribute) {
  int value = 0;
  driver.Check(driver.cuDeviceGetAttribute(&value, attribute, device), "cuDeviceGetAttribute");
  return value;
}

int DeviceCount(const CudaDriver& driver) {
  int count = 0;
  driver.Check(driver.cuDeviceGetCount(&count), "cuDeviceGetCount");
  return count;
}

}  // namespace

std::vector<DeviceInfo> ListDevices() {
  const CudaDriver& driver = CudaDriver::Get();
  std::vector<DeviceInfo> devices;
  for (int ordinal = 0; ordinal < DeviceCount(driver); ++ordinal) {
    CUdevice device = 0;
    driver.Check(driver.cuDeviceGet(&device, ordinal), "cuDeviceGet");
    std::array<char, 256> name{};
    driver.Check(driver.cuDeviceGetName(name.data(), static_cast<int>(name.size()), device),
                 "cuDeviceGetName");
    DeviceInfo info;
    info.ordinal = ordinal;
    info.name = name.data();
    info.compute_major = Attribute(driver, device, kComputeMajor);
    info.compute_minor = Attribute(driver, device, kComputeMinor);
    info.multiprocessors = Attribute(driver, device, kMultiprocessors);
    driver.Check(driver.cuDeviceTotalMem(&info.memory_bytes, device), "cuDeviceTotalMem");
    devices.push_back(std::move(info));
  }
  return devices;
}

std::shared_ptr<Device> Device::Open(int ordinal) {
  const CudaDriver& driver = CudaDriver::Get();
  const int count = DeviceCount(driver);
  if (ordinal < 0 || ordinal >= count) {
    throw StatusError("ERR_NO_GPU", "There is no GPU number " + std::to_string(ordinal) +
                                        "; the driver finds " + std::to_string(count) + ".");
  }
  return std::shared_ptr<Device>(new Device(driver, ordinal));
}

Device::Device(const CudaDriver& driver, int ordinal) : driver_(driver) {
  driver_.Check(driver_.cuDeviceGet(&device_, ordinal), "cuDeviceGet");
  driver_.Check(driver_.cuDevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
}

Device::~Device() { driver_.cuDevicePrimaryCtxRelease(device_); }

MemoryInfo ReadMemoryInfo(const Device& device) {
  const ContextScope scope(device);
  MemoryInfo info;
  device.driver().Check(device.driver().cuMemGetInfo(&info.free_bytes, &info.total_bytes),
                        "cuMemGetInfo");
  return info;
}

}  // namespace tensorrt_node
