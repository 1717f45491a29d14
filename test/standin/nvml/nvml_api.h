#pragma once

// The part of NVML's C interface that the stand-in has, with the library's ABI.

#define STANDIN_NVML_EXPORT extern "C" __attribute__((visibility("default")))

enum nvmlReturn_t : int {
  NVML_SUCCESS = 0,
  NVML_ERROR_UNINITIALIZED = 1,
  NVML_ERROR_INVALID_ARGUMENT = 2,
  NVML_ERROR_NOT_SUPPORTED = 3,
  NVML_ERROR_NO_PERMISSION = 4,
  NVML_ERROR_NOT_FOUND = 6,
  NVML_ERROR_INSUFFICIENT_SIZE = 7,
  NVML_ERROR_DRIVER_NOT_LOADED = 9,
  NVML_ERROR_GPU_IS_LOST = 15,
  NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
  NVML_ERROR_UNKNOWN = 999,
};

enum nvmlTemperatureSensors_t : int { NVML_TEMPERATURE_GPU = 0 };

using nvmlDevice_t = struct nvmlDevice_st*;

struct nvmlMemory_t {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct nvmlMemory_v2_t {
  unsigned version;
  unsigned long long total;
  unsigned long long reserved;
  unsigned long long free;
  unsigned long long used;
};
constexpr unsigned nvmlMemory_v2 = sizeof(nvmlMemory_v2_t) | (2U << 24);

struct nvmlUtilization_t {
  unsigned gpu;
  unsigned memory;
};

STANDIN_NVML_EXPORT nvmlReturn_t nvmlInit_v2();
STANDIN_NVML_EXPORT nvmlReturn_t nvmlShutdown();
STANDIN_NVML_EXPORT const char* nvmlErrorString(nvmlReturn_t result);
STANDIN_NVML_EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned capacity);
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned* count);
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id,
                                                                  nvmlDevice_t* device);
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory);
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device,
                                                            nvmlMemory_v2_t* memory);
/// Milliwatts.
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned* power);
/// Millijoules.
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device,
                                                                     unsigned long long* energy);
/// Percent.
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device,
                                                               nvmlUtilization_t* utilization);
/// Degrees Celsius.
STANDIN_NVML_EXPORT nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device,
                                                          nvmlTemperatureSensors_t sensor,
                                                          unsigned* temperature);
