#include "cuda/nvml.h"

#include <cstdlib>
#include <type_traits>
#include <utility>

namespace tensorrt_node {
namespace {

constexpr int kNvmlSuccess = 0;

std::string LibraryPath() {
  const char* const path = std::getenv("TENSORRT_NODE_LIBNVML");
  return path != nullptr && *path != '\0' ? path : "libnvidia-ml.so.1";
}

}  // namespace

std::unique_ptr<Nvml> Nvml::Open(std::string& problem) {
  auto library = SharedLibrary::Open(LibraryPath(), problem);
  if (!library) return nullptr;
  std::unique_ptr<Nvml> nvml(new Nvml(std::move(*library)));
  if (!nvml->Resolve()) {
    problem = "the management library lacks functions; the NVIDIA driver is too old";
  } else if (const int result = nvml->initialize_(); result != kNvmlSuccess) {
    problem = "nvmlInit_v2 failed with " + std::to_string(result);
  } else {
    nvml->initialized_ = true;
    return nvml;
  }
  return nullptr;
}

bool Nvml::Resolve() {
  bool complete = true;
  const auto resolve = [&](auto& function, const char* symbol) {
    function = library_.Symbol<std::decay_t<decltype(function)>>(symbol);
    complete = complete && function != nullptr;
  };
  resolve(initialize_, "nvmlInit_v2");
  resolve(shutdown_, "nvmlShutdown");
  resolve(device_by_pci_bus_id_, "nvmlDeviceGetHandleByPciBusId_v2");
  resolve(power_usage, "nvmlDeviceGetPowerUsage");
  resolve(total_energy, "nvmlDeviceGetTotalEnergyConsumption");
  resolve(temperature, "nvmlDeviceGetTemperature");
  resolve(utilization, "nvmlDeviceGetUtilizationRates");
  return complete;
}

nvmlDevice_t Nvml::FindDevice(const std::string& pci_bus_id) const {
  nvmlDevice_t device = nullptr;
  return device_by_pci_bus_id_(pci_bus_id.c_str(), &device) == kNvmlSuccess ? device : nullptr;
}

}  // namespace tensorrt_node
