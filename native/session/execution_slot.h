#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cuda/event.h"
#include "cuda/memory.h"
#include "cuda/stream.h"
#include "session/debug_recorder.h"
#include "session/graph_launcher.h"
#include "session/job_timer.h"
#include "session/lane.h"
#include "session/layer_times.h"
#include "session/loaded_engine.h"
#include "tensorrt/api.h"

namespace tensorrt_node {

struct SlotOptions {
  /// Profile, memory and what else TensorRT wants to know; the stream is the slot's own.
  ContextOptions context;
  /// Jobs that the slot holds at once, 1 or 2: with 2 one is copied while the other is computed.
  int depth = 1;
  StreamPriority priority = StreamPriority::kNormal;
  Waiting wait = Waiting::kBlock;
  /// How many CUDA graphs to keep; 0 for none.
  size_t graphs = 0;
};

/// What is wanted of one job besides its outputs.
struct JobOptions {
  bool timed = false;
  bool profiled = false;
  std::vector<std::string> debug_tensors;
};

struct JobReport {
  /// "enqueue", "graph", "capture", or the reason why a graph could not be used.
  std::string launch;
  std::optional<JobTimes> times;
  std::vector<DebugTensor> debug_tensors;
  std::vector<LayerTime> layers;
};

/// One execution context with its streams and the memory of its jobs. At most one job at a time is
/// with TensorRT; the copies of another may go on beside it.
class ExecutionSlot {
 public:
  ExecutionSlot(std::shared_ptr<LoadedEngine> engine, const SlotOptions& options);
  ExecutionSlot(const ExecutionSlot&) = delete;
  ExecutionSlot& operator=(const ExecutionSlot&) = delete;
  ~ExecutionSlot();

  size_t depth() const { return lanes_.size(); }
  Lane& lane(size_t index) { return *lanes_.at(index); }

  /// Runs the job that a lane holds and waits for its outputs. Lanes may run on several threads.
  /// Throws ERR_FEED, ERR_TRT_INFER, ERR_CUDA or ERR_GPU_MEMORY.
  JobReport Run(Lane& lane, const JobOptions& options);

  /// Drops the captured graphs, for example because weights have changed.
  void InvalidateGraphs();

  /// Does not wait for jobs that run.
  size_t graph_evictions() const;

 private:
  /// On the compute stream from beginning to end: each event between streams costs time.
  void RunAlone(Lane& lane, const JobOptions& options, JobTimer* timer, JobReport& report);

  /// Beside another job, with the copies on streams of their own.
  void RunBeside(Lane& lane, const JobOptions& options, JobTimer* timer, JobReport& report);

  /// Gives the compute stream the work of a job, behind the last job and before the next.
  template <typename Work>
  void InTurn(Lane& lane, JobTimer* timer, Work enqueue_work);

  void CopyIn(Lane& lane, const Stream& stream, JobTimer* timer);
  void CopyOut(Lane& lane, const Stream& stream, JobTimer* timer);

  // With the context's lock held:
  void WaitForLast();
  void Compute(Lane& lane, const JobOptions& options, JobTimer* timer, JobReport& report);
  void BindInputs(Lane& lane);
  void BindOutputs(Lane& lane);
  void Launch(Lane& lane, const JobOptions& options, JobTimer* timer, JobReport& report);
  void EnqueueDataDependent(Lane& lane, JobTimer* timer);
  void Enqueue(JobTimer* timer);

  void Settle() noexcept;

  // Destroyed from the last to the first: the graphs, the context, then memory, then streams.
  const std::shared_ptr<LoadedEngine> engine_;
  const std::shared_ptr<const Device> device_;
  const CudaDriver& driver_;
  const bool user_managed_memory_;
  const Waiting wait_;
  Stream compute_stream_;
  // Empty where the slot has one lane: then everything is ordered on the compute stream.
  std::unique_ptr<Stream> in_stream_;
  std::unique_ptr<Stream> out_stream_;
  // Scratch memory of the context, where its memory is managed here.
  DeviceBuffer scratch_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex context_mutex_;
  std::unique_ptr<ExecutionContext> context_;
  // Jobs in Run.
  std::atomic<int> running_{0};
  // The lane that was with TensorRT last; its end is waited for before the next.
  Lane* last_ = nullptr;
  // Null where none are kept.
  std::unique_ptr<GraphLauncher> graphs_;
};

}  // namespace tensorrt_node
