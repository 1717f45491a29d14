#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cuda/memory.h"
#include "cuda/stream.h"
#include "session/loaded_engine.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// One execution context with the stream and the memory that it works with. One job at a time:
/// Stage every input, then Run, then read the outputs.
class ExecutionSlot {
 public:
  ExecutionSlot(std::shared_ptr<LoadedEngine> engine, int profile);
  ExecutionSlot(const ExecutionSlot&) = delete;
  ExecutionSlot& operator=(const ExecutionSlot&) = delete;
  ~ExecutionSlot();

  /// What the current job holds of one input or output.
  struct Port {
    Port(IoTensor io_tensor, const std::shared_ptr<Device>& device)
        : tensor(std::move(io_tensor)), staging(device), memory(device) {}

    IoTensor tensor;
    PinnedBuffer staging;
    DeviceBuffer memory;
    Dims dims;
    size_t bytes = 0;
  };

  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }

  /// Copies an input into page-locked memory, so that the caller may change its own afterwards.
  /// Throws ERR_FEED when the bytes do not fit the dims.
  void Stage(size_t input, const Dims& dims, const void* data, size_t bytes);

  /// Runs the staged job and waits for its outputs.
  /// Throws ERR_FEED, ERR_TRT_INFER or ERR_CUDA.
  void Run();

 private:
  void BindInputs();
  void BindOutputs();
  void Enqueue();

  // Destroyed from the last to the first: the context, then its memory, then its stream.
  const std::shared_ptr<LoadedEngine> engine_;
  const CudaDriver& driver_;
  Stream stream_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::unique_ptr<ExecutionContext> context_;
};

}  // namespace tensorrt_node
