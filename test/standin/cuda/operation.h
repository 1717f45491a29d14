#pragma once

#include <functional>

namespace tensorrt_node::standin {

/// What a stream does in its turn. As a node of a graph it runs at every launch.
using Operation = std::function<void()>;

}  // namespace tensorrt_node::standin
