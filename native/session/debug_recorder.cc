#include "session/debug_recorder.h"

#include <cstring>

namespace tensorrt_node {

bool DebugRecorder::Receive(const std::string& name, const std::string& type, const Dims& dims,
                            const void* address, bool on_host, void* stream) noexcept {
  try {
    IoTensor described;
    described.name = name;
    described.type = type;
    DebugTensor tensor{name, type, dims, std::vector<uint8_t>(TensorBytes(described, dims))};
    if (tensor.data.empty()) {
      // Nothing to copy.
    } else if (on_host) {
      std::memcpy(tensor.data.data(), address, tensor.data.size());
    } else {
      const auto source = reinterpret_cast<CUdeviceptr>(address);
      const auto copy_stream = static_cast<CUstream>(stream);
      driver_.Check(
          driver_.cuMemcpyDtoHAsync(tensor.data.data(), source, tensor.data.size(), copy_stream),
          "cuMemcpyDtoHAsync");
      // The tensor's memory is TensorRT's again as soon as this call returns.
      driver_.Check(driver_.cuStreamSynchronize(copy_stream), "cuStreamSynchronize");
    }
    tensors_.push_back(std::move(tensor));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace tensorrt_node
