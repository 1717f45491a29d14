#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cuda/event.h"
#include "cuda/memory.h"
#include "session/job_timer.h"
#include "session/tensor_memory.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

/// The memory of one job: what goes in, what comes out. A context with two lanes copies for one job
/// while it computes another. JavaScript fills a lane, a thread of the pool runs it, JavaScript
/// reads it; never two at a time.
class Lane {
 public:
  struct Input {
    IoTensor tensor;
    PinnedBuffer staging;
    DeviceBuffer memory;
    /// Used instead of both, where JavaScript brought memory of its own.
    std::shared_ptr<TensorMemory> bound;
    Dims dims;
    size_t bytes = 0;

    /// What the engine reads.
    void* address() const;
    /// What is copied to the device; null where nothing is.
    const void* source() const;
  };

  enum class Delivery {
    /// Copied to page-locked memory, for JavaScript to read.
    kHost,
    /// Left in device memory of its own, which JavaScript takes over.
    kDevice,
    /// Written to memory that JavaScript brought.
    kBound,
    /// Computed and dropped.
    kNone,
  };

  struct Output {
    IoTensor tensor;
    PinnedBuffer staging;
    DeviceBuffer memory;
    std::shared_ptr<TensorMemory> bound;
    Delivery delivery = Delivery::kHost;
    Dims dims;
    size_t bytes = 0;
    /// Whether its shape depends on data, in this job.
    bool data_dependent = false;

    /// What the engine writes.
    void* address() const;
    /// Where its bytes are on the host after the job; null where they are not.
    void* host_data() const;
  };

  Lane(const std::shared_ptr<const Device>& device, const std::vector<IoTensor>& tensors);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  std::vector<Input>& inputs() { return inputs_; }
  std::vector<Output>& outputs() { return outputs_; }

  /// Copies an input into page-locked memory, so that the caller may change its own afterwards.
  /// Throws ERR_FEED when the bytes do not fit the dims.
  void Stage(size_t input, const Dims& dims, const void* data, size_t bytes);

  /// Takes an input from memory of JavaScript's, without a copy on the host. Throws ERR_FEED when
  /// it is too small, or on another device.
  void BindInput(size_t input, const Dims& dims, std::shared_ptr<TensorMemory> memory);

  void Deliver(size_t output, Delivery delivery);

  /// Lets an output be written to memory of JavaScript's. Throws ERR_FEED when it is on another
  /// device.
  void BindOutput(size_t output, std::shared_ptr<TensorMemory> memory);

  /// Memory for an output of so many bytes, where the engine can write it. Throws ERR_FEED when
  /// JavaScript's is too small.
  void* Reserve(Output& output, size_t bytes);

  /// Forgets the memory of JavaScript's after a job.
  void Unbind();

  /// Recorded when the inputs are on the device, when the engine has run, and when the outputs are
  /// where they are wanted.
  Event& inputs_ready() { return inputs_ready_; }
  Event& computed() { return computed_; }
  Event& delivered() { return delivered_; }

  /// For jobs that are to be timed; made for the first of them.
  JobTimer& timer();

 private:
  void CheckSameDevice(const IoTensor& tensor, const TensorMemory& memory) const;

  const std::shared_ptr<const Device> device_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  Event inputs_ready_;
  Event computed_;
  Event delivered_;
  std::unique_ptr<JobTimer> timer_;
};

}  // namespace tensorrt_node
