#include "settings.h"

#include <string>

#include "../common/environment.h"

namespace tensorrt_node::standin {

namespace {

std::vector<std::pair<int, int>> ComputeCapabilities() {
  constexpr char kVariable[] = "STANDIN_CUDA_COMPUTE";
  std::vector<std::pair<int, int>> capabilities;
  for (const std::string& text : Split(Environment(kVariable, "8.9"), ',')) {
    const std::vector<std::string> part = Split(text, '.');
    if (part.size() != 2) {
      RefuseSetUp(std::string("expected major.minor in ") + kVariable + " but received '" + text +
                  "'");
    }
    capabilities.emplace_back(ParseInteger(part[0], kVariable), ParseInteger(part[1], kVariable));
  }
  return capabilities;
}

}  // namespace

Settings Settings::FromEnvironment() {
  Settings settings;
  settings.devices = static_cast<int>(EnvironmentInteger("STANDIN_CUDA_DEVICES", 1));
  settings.compute_capabilities = ComputeCapabilities();
  settings.memory_bytes = EnvironmentInteger("STANDIN_CUDA_MEMORY", int64_t{8} << 30);
  settings.driver_version =
      static_cast<int>(EnvironmentInteger("STANDIN_CUDA_DRIVER_VERSION", 13000));
  settings.peer_access = EnvironmentInteger("STANDIN_CUDA_PEER", 1) != 0;
  settings.max_delay = std::chrono::microseconds(EnvironmentInteger("STANDIN_CUDA_DELAY_US", 0));
  settings.seed = EnvironmentInteger("STANDIN_CUDA_SEED", 1);
  settings.copy_time = std::chrono::microseconds(EnvironmentInteger("STANDIN_CUDA_COPY_US", 0));
  return settings;
}

}  // namespace tensorrt_node::standin
