#include "monitor.h"

#include <algorithm>
#include <cstdio>

#include "../common/environment.h"
#include "../common/exit_report.h"

namespace tensorrt_node::standin {

namespace {

/// So that no reader takes the counter for one that begins at 0.
constexpr uint64_t kEnergyBefore = 5'000'000;

__attribute__((destructor)) void ReportAtExit() {
  AppendReport("STANDIN_NVML_REPORT", Monitor::Instance().Report());
}

/// The number of a GPU in a list, of which the last holds for all further GPUs.
int64_t NumberOf(int ordinal, const char* variable, const char* fallback) {
  const std::vector<std::string> list = Split(Environment(variable, fallback), ',');
  return ParseInteger(list[std::min<size_t>(ordinal, list.size() - 1)], variable);
}

}  // namespace

Monitor& Monitor::Instance() {
  static Monitor& monitor = *new Monitor;
  return monitor;
}

Monitor::Monitor() { ledger_.InjectFrom("STANDIN_NVML_FAIL"); }

void Monitor::Initialize() {
  std::call_once(once_, [this] {
    start_ = Clock::now();
    const int64_t count = EnvironmentInteger("STANDIN_CUDA_DEVICES", 1);
    const uint64_t memory = EnvironmentInteger("STANDIN_CUDA_MEMORY", int64_t{8} << 30);
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      gpus_.push_back(Gpu{ordinal, memory, NumberOf(ordinal, "STANDIN_NVML_POWER", "50000"),
                          NumberOf(ordinal, "STANDIN_NVML_UTILIZATION", "0"),
                          NumberOf(ordinal, "STANDIN_NVML_TEMPERATURE", "40")});
    }
  });
  ++initializations_;
}

bool Monitor::Shutdown() {
  int initializations = initializations_;
  do {
    if (initializations == 0) return false;
  } while (!initializations_.compare_exchange_weak(initializations, initializations - 1));
  return true;
}

// An address that is not the GPU's, so that nobody can follow it.
nvmlDevice_t Monitor::HandleOf(const Gpu& gpu) {
  return reinterpret_cast<nvmlDevice_t>(static_cast<uintptr_t>(gpu.ordinal + 1) << 4);
}

const Gpu* Monitor::Find(nvmlDevice_t handle) const {
  const auto found = std::find_if(gpus_.begin(), gpus_.end(),
                                  [&](const Gpu& gpu) { return HandleOf(gpu) == handle; });
  return found == gpus_.end() ? nullptr : &*found;
}

uint64_t Monitor::EnergyOf(const Gpu& gpu) const {
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  return kEnergyBefore + static_cast<uint64_t>(elapsed.count() * static_cast<double>(gpu.power));
}

void Monitor::Violation(const std::string& message) {
  ++violations_;
  std::fprintf(stderr, "NVML stand-in: %s\n", message.c_str());
}

std::string Monitor::Report() const {
  return "{\"standin\":\"nvml\",\"initializations\":" + std::to_string(initializations_) +
         ",\"violations\":" + std::to_string(violations_) + ",\"calls\":" + ledger_.Json() + "}";
}

}  // namespace tensorrt_node::standin
