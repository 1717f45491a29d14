#include "version.h"

#include <NvInferVersion.h>

#include <cstdint>
#include <vector>

#include "../common/environment.h"

namespace tensorrt_node::standin {

Version LibraryVersion() {
  constexpr char kVariable[] = "STANDIN_TENSORRT_VERSION";
  const std::string text = Environment(kVariable, "");
  if (text.empty()) {
    return {NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH, NV_TENSORRT_BUILD};
  }
  const std::vector<std::string> parts = Split(text, '.');
  if (parts.size() != 4) {
    RefuseSetUp(std::string("expected major.minor.patch.build in ") + kVariable +
                " but received '" + text + "'");
  }
  const auto part = [&](size_t index) {
    return static_cast<int>(ParseInteger(parts[index], kVariable));
  };
  return {part(0), part(1), part(2), part(3)};
}

std::string ToText(const Version& version) {
  return std::to_string(version[0]) + '.' + std::to_string(version[1]) + '.' +
         std::to_string(version[2]) + '.' + std::to_string(version[3]);
}

}  // namespace tensorrt_node::standin
