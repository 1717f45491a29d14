// Set-up and devices.

#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "../common/pci_bus_id.h"
#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::Device;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::PciBus;
using tensorrt_node::standin::PciBusId;
using tensorrt_node::standin::Run;

namespace {

/// Calls `body(call, device)` for a device that exists.
template <typename Body>
CUresult RunOnDevice(const char* function, CUdevice ordinal, Body body) {
  return Run(function, Needs::kInitialized, [&](Call& call) {
    Device* device = call.driver.FindDevice(ordinal);
    return device == nullptr ? CUDA_ERROR_INVALID_DEVICE : body(call, *device);
  });
}

std::optional<int> AttributeOf(const Device& device, CUdevice_attribute attribute) {
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
      return 1;
    case CU_DEVICE_ATTRIBUTE_INTEGRATED:
    case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID:
    case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID:
      return 0;
    case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID:
      return PciBus(device.ordinal());
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      return device.compute_capability().first;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      return device.compute_capability().second;
  }
  return std::nullopt;
}

}  // namespace

CUresult cuInit(unsigned flags) {
  return Run(__func__, Needs::kNothing, [&](Call& call) {
    return flags == 0 ? call.driver.Initialize() : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuDriverGetVersion(int* version) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    *version = call.driver.settings().driver_version;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return Run(__func__, Needs::kInitialized, [&](Call& call) {
    *count = call.driver.device_count();
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return RunOnDevice(__func__, ordinal, [&](Call&, Device&) {
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetName(char* name, int capacity, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    std::snprintf(name, capacity, "stand-in GPU %d", found.ordinal());
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call& call, Device& found) {
    const std::optional<int> known = AttributeOf(found, attribute);
    if (known) *value = *known;
    if (known) return CUDA_SUCCESS;
    return call.Violation(CUDA_ERROR_INVALID_VALUE,
                          "attribute " + std::to_string(attribute) + " is not implemented");
  });
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    *bytes = found.memory_bytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetPCIBusId(char* bus_id, int capacity, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    const std::string id = PciBusId(found.ordinal());
    if (capacity <= static_cast<int>(id.size())) return CUDA_ERROR_INVALID_VALUE;
    std::memcpy(bus_id, id.c_str(), id.size() + 1);
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  return RunOnDevice(__func__, device, [&](Call&, Device& found) {
    std::memcpy(uuid->bytes, "stand-in GPU....", sizeof(uuid->bytes));
    uuid->bytes[15] = static_cast<unsigned char>(found.ordinal());
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  return RunOnDevice(__func__, device, [&](Call& call, Device&) {
    if (call.driver.FindDevice(peer) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *can = device != peer && call.driver.settings().peer_access ? 1 : 0;
    return CUDA_SUCCESS;
  });
}
