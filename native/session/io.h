#pragma once

#include <cstddef>

#include "tensorrt/api.h"

namespace tensorrt_node {

/// Bytes of one element. Throws ERR_TRT_INFER for a type that cannot be passed in or out.
size_t ElementBytes(const IoTensor& tensor);

/// Bytes of a tensor of this shape, in which every dimension is known.
size_t TensorBytes(const IoTensor& tensor, const Dims& dims);

/// Whether a dimension is still open, which for an output means that it depends on data.
bool HasOpenDimension(const Dims& dims);

}  // namespace tensorrt_node
