#include "session/io.h"

#include <algorithm>
#include <string>

namespace tensorrt_node {

size_t ElementBytes(const IoTensor& tensor) {
  const std::string& type = tensor.type;
  if (type == "int64") return 8;
  if (type == "float32" || type == "int32") return 4;
  if (type == "float16" || type == "bfloat16") return 2;
  if (type == "int8" || type == "uint8" || type == "bool" || type == "fp8") return 1;
  throw StatusError("ERR_TRT_INFER", "Tensor '" + tensor.name + "' is of type " + type +
                                         ", which cannot be passed in or out.")
      .WithTensor(tensor.name);
}

size_t TensorBytes(const IoTensor& tensor, const Dims& dims) {
  size_t bytes = ElementBytes(tensor);
  for (const int64_t dim : dims) bytes *= static_cast<size_t>(dim);
  return bytes;
}

bool HasOpenDimension(const Dims& dims) {
  return std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 0; });
}

}  // namespace tensorrt_node
