#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "../nvml/nvml_api.h"
#include "selftest.h"

namespace selftest {

namespace {

nvmlDevice_t Gpu(const char* bus_id) {
  nvmlDevice_t device = nullptr;
  CHECK(nvmlDeviceGetHandleByPciBusId_v2(bus_id, &device) == NVML_SUCCESS);
  return device;
}

void TestReadings() {
  unsigned count = 0;
  unsigned power = 0;
  unsigned temperature = 0;
  nvmlUtilization_t utilization{};
  nvmlDevice_t device = nullptr;
  char version[8] = "";
  CHECK(nvmlInit_v2() == NVML_SUCCESS);
  CHECK(nvmlDeviceGetCount_v2(&count) == NVML_SUCCESS && count == 2);
  CHECK(nvmlSystemGetDriverVersion(version, sizeof(version)) == NVML_SUCCESS);
  CHECK(std::string(version) == "580.0");
  CHECK(nvmlSystemGetDriverVersion(version, 5) == NVML_ERROR_INSUFFICIENT_SIZE);

  // The same devices as the driver's.
  char bus_id[16] = "";
  const CurrentDevice current;
  CHECK(cuDeviceGetPCIBusId(bus_id, sizeof(bus_id), 1) == CUDA_SUCCESS);
  CHECK(Gpu(bus_id) == Gpu("00000000:02:00.0") && Gpu(bus_id) != Gpu("0000:01:00.0"));
  CHECK(nvmlDeviceGetHandleByPciBusId_v2("0000:03:00.0", &device) == NVML_ERROR_NOT_FOUND);
  CHECK(nvmlDeviceGetPowerUsage(Gpu("0000:01:00.0"), &power) == NVML_SUCCESS && power == 100000);
  CHECK(nvmlDeviceGetPowerUsage(Gpu(bus_id), &power) == NVML_SUCCESS && power == 300000);
  CHECK(nvmlDeviceGetUtilizationRates(Gpu(bus_id), &utilization) == NVML_SUCCESS);
  CHECK(utilization.gpu == 70);
  CHECK(nvmlDeviceGetTemperature(Gpu(bus_id), NVML_TEMPERATURE_GPU, &temperature) == NVML_SUCCESS);
  CHECK(temperature == 55);
  CHECK(nvmlDeviceGetPowerUsage(nullptr, &power) == NVML_ERROR_INVALID_ARGUMENT);
  CHECK(nvmlShutdown() == NVML_SUCCESS);
}

void TestMemory() {
  const CurrentDevice current;
  CUdeviceptr address = 0;
  nvmlMemory_t memory{};
  nvmlMemory_v2_t versioned{};
  CHECK(nvmlInit_v2() == NVML_SUCCESS);
  CHECK(cuMemAlloc_v2(&address, 100) == CUDA_SUCCESS);
  CHECK(nvmlDeviceGetMemoryInfo(Gpu("0000:01:00.0"), &memory) == NVML_SUCCESS);
  CHECK(memory.total == 1000 && memory.free == 900 && memory.used == 100);
  CHECK(nvmlDeviceGetMemoryInfo_v2(Gpu("0000:01:00.0"), &versioned) ==
        NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  versioned.version = nvmlMemory_v2;
  CHECK(nvmlDeviceGetMemoryInfo_v2(Gpu("0000:01:00.0"), &versioned) == NVML_SUCCESS);
  CHECK(versioned.total == 1000 && versioned.free == 900 && versioned.used == 100);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  CHECK(nvmlShutdown() == NVML_SUCCESS);
}

/// The counter follows the power: at 1 kW it grows by one unit each microsecond.
void TestEnergy() {
  CHECK(nvmlInit_v2() == NVML_SUCCESS);
  const nvmlDevice_t device = Gpu("0000:01:00.0");
  unsigned long long before = 0;
  unsigned long long after = 0;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(nvmlDeviceGetTotalEnergyConsumption(device, &before) == NVML_SUCCESS);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(nvmlDeviceGetTotalEnergyConsumption(device, &after) == NVML_SUCCESS);
  const std::chrono::duration<double, std::micro> at_most =
      std::chrono::steady_clock::now() - begin;
  CHECK(before > 0 && after - before >= 4999);
  CHECK(static_cast<double>(after - before) <= at_most.count() + 1);
  CHECK(nvmlShutdown() == NVML_SUCCESS);
}

void TestFailures() {
  const std::string report = TemporaryFile();
  const std::string complaints =
      RunInChild({"STANDIN_NVML_REPORT=" + report,
                  "STANDIN_NVML_FAIL=nvmlDeviceGetTotalEnergyConsumption:3:0,nvmlInit_v2:9:1:1"},
                 [] {
                   unsigned count = 0;
                   unsigned long long energy = 0;
                   CHECK(nvmlDeviceGetCount_v2(&count) == NVML_ERROR_UNINITIALIZED);
                   CHECK(nvmlShutdown() == NVML_ERROR_UNINITIALIZED);
                   CHECK(nvmlInit_v2() == NVML_SUCCESS);
                   CHECK(nvmlInit_v2() == NVML_ERROR_DRIVER_NOT_LOADED);
                   CHECK(nvmlInit_v2() == NVML_SUCCESS);
                   CHECK(nvmlShutdown() == NVML_SUCCESS);
                   CHECK(nvmlDeviceGetTotalEnergyConsumption(Gpu("0000:01:00.0"), &energy) ==
                         NVML_ERROR_NOT_SUPPORTED);
                   CHECK(std::string(nvmlErrorString(NVML_ERROR_NOT_SUPPORTED)) == "Not Supported");
                   CHECK(std::string(nvmlErrorString(nvmlReturn_t(77))) == "Unknown Error");
                 });
  CHECK(Contains(complaints, "NVML stand-in: nvmlShutdown: the library is not initialised"));
  CHECK(Contains(ReadFile(report),
                 R"({"standin":"nvml","initializations":1,"violations":2,"calls":{)"));
  std::remove(report.c_str());
}

}  // namespace

void TestNvml() {
  RunInChild({"STANDIN_CUDA_DEVICES=2", "STANDIN_NVML_POWER=100000,300000",
              "STANDIN_NVML_UTILIZATION=70", "STANDIN_NVML_TEMPERATURE=55"},
             TestReadings);
  RunInChild({"STANDIN_CUDA_MEMORY=1000"}, TestMemory);
  RunInChild({"STANDIN_NVML_POWER=1000000"}, TestEnergy);
  TestFailures();
}

}  // namespace selftest
