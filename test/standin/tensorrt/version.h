#pragma once

#include <array>
#include <string>

namespace tensorrt_node::standin {

/// Major, minor, patch, build.
using Version = std::array<int, 4>;

/// The version that this library says it is: that of its headers, or STANDIN_TENSORRT_VERSION.
Version LibraryVersion();

/// `1.7.1.116`.
std::string ToText(const Version& version);

}  // namespace tensorrt_node::standin
