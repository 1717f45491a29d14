#pragma once

#include <cstddef>

#include "tensorrt/api.h"
#include "tensorrt/library.h"

namespace tensorrt_node {

/// Throws ERR_UNSUPPORTED for a product that cannot tell.
EngineValidity CheckEngineValidity(const Library& library, const void* header, size_t size);

}  // namespace tensorrt_node
