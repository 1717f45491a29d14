#pragma once

#include <cstddef>

#include "session/tensor_memory.h"

namespace tensorrt_node {

// Copies that are waited for. Each throws ERR_CUDA.

void CopyToHost(const TensorMemory& source, void* target, size_t bytes);
void CopyFromHost(const void* source, const TensorMemory& target, size_t bytes);

/// Also from one device to another.
void CopyBetween(const TensorMemory& source, const TensorMemory& target, size_t bytes);

}  // namespace tensorrt_node
