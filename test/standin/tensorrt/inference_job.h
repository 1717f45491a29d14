#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "../cuda/driver_api.h"
#include "network.h"

namespace tensorrt_node::standin {

/// Whether an execution context has a job on its way.
class Flight {
 public:
  Flight() = default;
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  /// False where a job is on its way already.
  bool Begin();
  void End();
  bool InFlight() const;
  void Wait() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable landed_;
  bool in_flight_ = false;
};

/// One inference, from `enqueueV3` until the stream has run it.
class InferenceJob {
 public:
  std::shared_ptr<const Network> network;
  std::shared_ptr<Flight> flight;
  /// Becomes true when the stream of the last profile change has got there.
  std::shared_ptr<const std::atomic<bool>> profile_ready;
  CUcontext context;
  std::vector<Shape> input_shapes;
  /// Of the network's IO tensors.
  std::vector<CUdeviceptr> addresses;

  /// Reads the inputs, computes, writes the outputs; once. A failure becomes a sticky error of
  /// `context`, as that of a kernel does.
  void Run();

 private:
  void Infer() const;
};

}  // namespace tensorrt_node::standin
