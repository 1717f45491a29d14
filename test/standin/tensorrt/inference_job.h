#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../cuda/driver_api.h"
#include "flight.h"
#include "network.h"

namespace tensorrt_node::standin {

/// One inference, in the two steps that a stream runs. A graph runs them as often as it is
/// launched. A failure becomes a sticky error of the CUDA context, as that of a kernel does.
class InferenceJob {
 public:
  std::shared_ptr<const Network> network;
  std::shared_ptr<WeightStore> weights;
  std::shared_ptr<Flight> flight;
  /// Whether the job was captured: then it takes off when a launch of the graph runs it, else it
  /// did when it was enqueued.
  bool captured = false;
  /// Become true when the streams of the last profile change and of the last loading of weights
  /// have got there.
  std::shared_ptr<const std::atomic<bool>> profile_ready;
  std::shared_ptr<const std::atomic<bool>> weights_ready;
  CUcontext context = nullptr;
  /// Those on the host with their elements.
  std::vector<Value> inputs;
  /// Of the network's IO tensors.
  std::vector<CUdeviceptr> addresses;
  /// Bytes that an output must have room for, beyond what it turns out to need; 0 for no more.
  std::vector<size_t> room;
  CUdeviceptr scratch = 0;
  /// Held until everything is enqueued, so that what goes wrong in the first step does not make the
  /// rest of enqueueV3 fail now and then.
  std::mutex start;

  /// Reads the inputs and computes. When this has run, the inputs may be overwritten.
  void Compute();
  /// Writes the outputs.
  void Finish();
  /// Ends the job where Finish will never run.
  void Abandon();

  /// What Compute left.
  const Network::Computation& computation() const { return computation_; }
  /// Writes one tensor, as it lies in memory in `format`. Returns false where memory is wrong,
  /// which the driver has reported.
  bool Write(const Value& value, const TensorFormat& format, CUdeviceptr address) const;

 private:
  template <typename Body>
  void Guard(Body body);
  void CheckOrder() const;
  void Mark();
  void CheckMark() const;

  Network::Computation computation_;
  uint64_t mark_ = 0;
  /// Whether Compute ran to its end, so that there is something to write.
  bool computed_ = false;
  bool took_off_ = false;
};

}  // namespace tensorrt_node::standin
