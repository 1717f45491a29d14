#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cuda/driver.h"
#include "session/io.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// A debug tensor, copied to the host while the job ran.
struct DebugTensor {
  std::string name;
  std::string type;
  Dims dims;
  std::vector<uint8_t> data;
};

/// Copies the debug tensors of one job to the host, where they are read when it is done.
class DebugRecorder final : public DebugListener {
 public:
  explicit DebugRecorder(const CudaDriver& driver) : driver_(driver) {}

  bool Receive(const std::string& name, const std::string& type, const Dims& dims,
               const void* address, bool on_host, void* stream) noexcept override;

  /// What arrived, in the order of the inference.
  std::vector<DebugTensor> Take() { return std::exchange(tensors_, {}); }

 private:
  const CudaDriver& driver_;
  std::vector<DebugTensor> tensors_;
};

}  // namespace tensorrt_node
