#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "../common/call_ledger.h"
#include "nvml_api.h"

namespace tensorrt_node::standin {

/// What the stand-in says about one GPU.
struct Gpu {
  int ordinal;
  uint64_t memory_bytes;
  /// STANDIN_NVML_POWER in mW, STANDIN_NVML_UTILIZATION in percent, STANDIN_NVML_TEMPERATURE in
  /// degrees: a list gives each GPU its own.
  int64_t power;
  int64_t utilization;
  int64_t temperature;
};

/// Everything the library keeps for the process.
class Monitor {
 public:
  /// Never destroyed: the exit report comes after static destructors.
  static Monitor& Instance();

  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// The set-up comes from the environment at the first call.
  void Initialize();
  /// False where nothing is initialised.
  bool Shutdown();
  bool initialized() const { return initializations_ > 0; }

  const std::vector<Gpu>& gpus() const { return gpus_; }
  /// Null for what is no handle of a GPU.
  const Gpu* Find(nvmlDevice_t handle) const;
  static nvmlDevice_t HandleOf(const Gpu& gpu);

  /// Millijoules: the power over the time since the first initialisation, after what the GPU used
  /// before.
  uint64_t EnergyOf(const Gpu& gpu) const;

  CallLedger& ledger() { return ledger_; }
  void Violation(const std::string& message);
  std::string Report() const;

 private:
  using Clock = std::chrono::steady_clock;

  Monitor();

  CallLedger ledger_;
  std::once_flag once_;
  std::vector<Gpu> gpus_;
  Clock::time_point start_;
  std::atomic<int> initializations_{0};
  std::atomic<int64_t> violations_{0};
};

}  // namespace tensorrt_node::standin
