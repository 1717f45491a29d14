#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cuda/device.h"
#include "cuda/nvml.h"

namespace tensorrt_node {

/// What a GPU does right now. Nothing where the GPU or its driver does not tell.
struct GpuReading {
  MemoryInfo memory;
  std::optional<double> power_watts;
  /// Since the driver was loaded.
  std::optional<double> energy_joules;
  std::optional<unsigned int> temperature_celsius;
  /// Percent of the last sampling period in which a kernel ran, and in which memory was accessed.
  std::optional<unsigned int> gpu_percent;
  std::optional<unsigned int> memory_percent;
};

/// Reads a GPU's memory from the CUDA driver, and everything else from NVML where there is one.
class GpuMonitor {
 public:
  /// Throws ERR_NO_GPU or ERR_CUDA.
  explicit GpuMonitor(int ordinal);
  GpuMonitor(const GpuMonitor&) = delete;
  GpuMonitor& operator=(const GpuMonitor&) = delete;

  /// Why there are no readings from NVML; empty where there are.
  const std::string& problem() const { return problem_; }

  GpuReading Read() const;

 private:
  const std::shared_ptr<Device> device_;
  std::string problem_;
  const std::unique_ptr<Nvml> nvml_;
  nvmlDevice_t handle_ = nullptr;
};

}  // namespace tensorrt_node
