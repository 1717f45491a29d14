#pragma once

#include <memory>
#include <string>

#include "loader/shared_library.h"

using nvmlDevice_t = struct nvmlDevice_st*;

namespace tensorrt_node {

/// NVIDIA's management library (libnvidia-ml.so.1), opened at run time and initialised for as long
/// as this object lives.
class Nvml {
 public:
  /// Looks at the environment variable TENSORRT_NODE_LIBNVML (a path), then where the loader looks.
  /// Null, with the reason in `problem`, where there is none.
  static std::unique_ptr<Nvml> Open(std::string& problem);

  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml() {
    if (initialized_) shutdown_();
  }

  /// Null where NVML does not know the device.
  nvmlDevice_t FindDevice(const std::string& pci_bus_id) const;

  // Each returns 0 for success; a device need not have all of them.
  int (*power_usage)(nvmlDevice_t device, unsigned int* milliwatts) = nullptr;
  int (*total_energy)(nvmlDevice_t device, unsigned long long* millijoules) = nullptr;
  int (*temperature)(nvmlDevice_t device, int sensor, unsigned int* celsius) = nullptr;

  struct Utilization {
    unsigned int gpu;
    unsigned int memory;
  };
  int (*utilization)(nvmlDevice_t device, Utilization* percent) = nullptr;

 private:
  explicit Nvml(SharedLibrary library) : library_(std::move(library)) {}
  bool Resolve();

  SharedLibrary library_;
  bool initialized_ = false;
  int (*initialize_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*device_by_pci_bus_id_)(const char* id, nvmlDevice_t* device) = nullptr;
};

}  // namespace tensorrt_node
