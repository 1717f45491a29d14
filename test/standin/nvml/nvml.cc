// The C functions.

#include <strings.h>

#include <cstring>
#include <string>

#include "../common/environment.h"
#include "../common/pci_bus_id.h"
#include "../cuda/control_api.h"
#include "monitor.h"
#include "nvml_api.h"

using tensorrt_node::standin::Environment;
using tensorrt_node::standin::Gpu;
using tensorrt_node::standin::Monitor;
using tensorrt_node::standin::PciBusId;

namespace {

struct ErrorText {
  nvmlReturn_t error;
  const char* text;
};

constexpr ErrorText kErrorTexts[] = {
    {NVML_SUCCESS, "Success"},
    {NVML_ERROR_UNINITIALIZED, "Uninitialized"},
    {NVML_ERROR_INVALID_ARGUMENT, "Invalid Argument"},
    {NVML_ERROR_NOT_SUPPORTED, "Not Supported"},
    {NVML_ERROR_NO_PERMISSION, "Insufficient Permissions"},
    {NVML_ERROR_NOT_FOUND, "Not Found"},
    {NVML_ERROR_INSUFFICIENT_SIZE, "Insufficient Size"},
    {NVML_ERROR_DRIVER_NOT_LOADED, "Driver Not Loaded"},
    {NVML_ERROR_GPU_IS_LOST, "GPU is lost"},
    {NVML_ERROR_ARGUMENT_VERSION_MISMATCH, "Argument version mismatch"},
};

nvmlReturn_t CopyText(const std::string& text, char* to, unsigned capacity) {
  if (text.size() >= capacity) return NVML_ERROR_INSUFFICIENT_SIZE;
  std::memcpy(to, text.c_str(), text.size() + 1);
  return NVML_SUCCESS;
}

/// Calls `body(monitor)` between initialisation and shutdown.
template <typename Body>
nvmlReturn_t Run(const char* function, Body body) {
  Monitor& monitor = Monitor::Instance();
  if (const int injected = monitor.ledger().Enter(function)) return nvmlReturn_t(injected);
  if (monitor.initialized()) return body(monitor);
  monitor.Violation(std::string(function) + ": the library is not initialised");
  return NVML_ERROR_UNINITIALIZED;
}

/// Calls `body(monitor, gpu)`.
template <typename Body>
nvmlReturn_t RunOnGpu(const char* function, nvmlDevice_t device, Body body) {
  return Run(function, [&](Monitor& monitor) {
    if (const Gpu* gpu = monitor.Find(device)) return body(monitor, *gpu);
    monitor.Violation(std::string(function) + ": the handle is no GPU");
    return NVML_ERROR_INVALID_ARGUMENT;
  });
}

/// What the CUDA stand-in says where it is in use; else all of it is free.
nvmlMemory_t MemoryOf(const Gpu& gpu) {
  uint64_t free_bytes = gpu.memory_bytes;
  uint64_t total_bytes = gpu.memory_bytes;
  standin_cuda_memory(gpu.ordinal, &free_bytes, &total_bytes);
  return nvmlMemory_t{total_bytes, free_bytes, total_bytes - free_bytes};
}

}  // namespace

nvmlReturn_t nvmlInit_v2() {
  Monitor& monitor = Monitor::Instance();
  if (const int injected = monitor.ledger().Enter(__func__)) return nvmlReturn_t(injected);
  monitor.Initialize();
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlShutdown() {
  return Run(__func__, [](Monitor& monitor) {
    return monitor.Shutdown() ? NVML_SUCCESS : NVML_ERROR_UNINITIALIZED;
  });
}

const char* nvmlErrorString(nvmlReturn_t result) {
  for (const ErrorText& entry : kErrorTexts) {
    if (entry.error == result) return entry.text;
  }
  return "Unknown Error";
}

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned capacity) {
  return Run(__func__, [&](Monitor&) {
    return CopyText(Environment("STANDIN_NVML_DRIVER_VERSION", "580.0"), version, capacity);
  });
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned* count) {
  return Run(__func__, [&](const Monitor& monitor) {
    *count = static_cast<unsigned>(monitor.gpus().size());
    return NVML_SUCCESS;
  });
}

// Takes the domain with four digits, as the driver writes it, or with eight, as NVML does.
nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, nvmlDevice_t* device) {
  return Run(__func__, [&](const Monitor& monitor) {
    for (const Gpu& gpu : monitor.gpus()) {
      const std::string id = PciBusId(gpu.ordinal);
      const bool same =
          strcasecmp(bus_id, id.c_str()) == 0 || strcasecmp(bus_id, ("0000" + id).c_str()) == 0;
      if (!same) continue;
      *device = Monitor::HandleOf(gpu);
      return NVML_SUCCESS;
    }
    return NVML_ERROR_NOT_FOUND;
  });
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  return RunOnGpu(__func__, device, [&](const Monitor&, const Gpu& gpu) {
    *memory = MemoryOf(gpu);
    return NVML_SUCCESS;
  });
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t* memory) {
  return RunOnGpu(__func__, device, [&](const Monitor&, const Gpu& gpu) {
    if (memory->version != nvmlMemory_v2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    const nvmlMemory_t now = MemoryOf(gpu);
    *memory = nvmlMemory_v2_t{nvmlMemory_v2, now.total, 0, now.free, now.used};
    return NVML_SUCCESS;
  });
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned* power) {
  return RunOnGpu(__func__, device, [&](const Monitor&, const Gpu& gpu) {
    *power = static_cast<unsigned>(gpu.power);
    return NVML_SUCCESS;
  });
}

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long* energy) {
  return RunOnGpu(__func__, device, [&](const Monitor& monitor, const Gpu& gpu) {
    *energy = monitor.EnergyOf(gpu);
    return NVML_SUCCESS;
  });
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* utilization) {
  return RunOnGpu(__func__, device, [&](const Monitor&, const Gpu& gpu) {
    *utilization = nvmlUtilization_t{static_cast<unsigned>(gpu.utilization), 0};
    return NVML_SUCCESS;
  });
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, nvmlTemperatureSensors_t sensor,
                                      unsigned* temperature) {
  return RunOnGpu(__func__, device, [&](const Monitor&, const Gpu& gpu) {
    if (sensor != NVML_TEMPERATURE_GPU) return NVML_ERROR_INVALID_ARGUMENT;
    *temperature = static_cast<unsigned>(gpu.temperature);
    return NVML_SUCCESS;
  });
}
