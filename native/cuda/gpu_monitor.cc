#include "cuda/gpu_monitor.h"

#include <array>

namespace tensorrt_node {
namespace {

std::string PciBusId(const Device& device) {
  std::array<char, 32> id{};
  device.driver().Check(
      device.driver().cuDeviceGetPCIBusId(id.data(), static_cast<int>(id.size()), device.ordinal()),
      "cuDeviceGetPCIBusId");
  return id.data();
}

}  // namespace

GpuMonitor::GpuMonitor(int ordinal) : device_(Device::Open(ordinal)), nvml_(Nvml::Open(problem_)) {
  if (!nvml_) return;
  const std::string id = PciBusId(*device_);
  handle_ = nvml_->FindDevice(id);
  if (handle_ == nullptr) problem_ = "NVML does not know the GPU at " + id;
}

GpuReading GpuMonitor::Read() const {
  constexpr int kSuccess = 0;
  constexpr int kGpuSensor = 0;
  constexpr double kMilli = 1e-3;
  GpuReading reading;
  reading.memory = ReadMemoryInfo(*device_);
  if (handle_ == nullptr) return reading;
  unsigned int milliwatts = 0;
  if (nvml_->power_usage(handle_, &milliwatts) == kSuccess) {
    reading.power_watts = milliwatts * kMilli;
  }
  unsigned long long millijoules = 0;
  if (nvml_->total_energy(handle_, &millijoules) == kSuccess) {
    reading.energy_joules = static_cast<double>(millijoules) * kMilli;
  }
  unsigned int celsius = 0;
  if (nvml_->temperature(handle_, kGpuSensor, &celsius) == kSuccess) {
    reading.temperature_celsius = celsius;
  }
  Nvml::Utilization percent{};
  if (nvml_->utilization(handle_, &percent) == kSuccess) {
    reading.gpu_percent = percent.gpu;
    reading.memory_percent = percent.memory;
  }
  return reading;
}

}  // namespace tensorrt_node
