#pragma once

// What api.h says about running an engine. Enumerators travel as their names in lib's spelling.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensorrt/types.h"

namespace tensorrt_node {

/// Where a plan is read from, in any order. Called on the thread that deserialises.
class PlanSource {
 public:
  virtual ~PlanSource() = default;
  virtual uint64_t size() const = 0;
  /// Copies up to `bytes` from `offset` to `destination`, which TensorRT may have on the device:
  /// then the copy is ordered on `stream`. Returns the number of bytes copied; -1 on failure.
  virtual int64_t Read(uint64_t offset, void* destination, int64_t bytes,
                       void* stream) noexcept = 0;
  /// The whole plan where it lies in host memory; null where it has to be read.
  virtual const void* data() const { return nullptr; }
};

struct DeserializeOptions {
  /// Runs code that lies in the plan: the lean runtime of a version-compatible plan.
  bool allow_host_code = false;
  /// A lean runtime library for version-compatible plans that have none inside.
  std::string lean_runtime;
  std::optional<int> dla_core;
  std::optional<int> max_threads;
  /// Weights are brought to the device by Engine::LoadWeights, from the same source, which has to
  /// outlive the engine. TensorRT for RTX only.
  bool deferred_weights = false;
};

/// An input or output of an engine.
struct IoTensor {
  std::string name;
  /// As in lib/tensor.ts, or TensorRT's own name in lower case for a type that it lacks.
  std::string type;
  bool is_input = false;
  /// True for a shape tensor, whose values TensorRT reads or writes on the host.
  bool on_host = false;
  /// -1 where dynamic.
  Dims dims;
  /// TensorRT's description of the memory layout of profile 0, for example "Row-major linear FP32".
  std::string format;
  /// The dimension along which elements are packed, -1 for none.
  int vectorized_dim = -1;
  /// Elements in a pack; 1 for none.
  int components_per_element = 1;
  /// Whether the shapes of other tensors depend on its values.
  bool shapes_others = false;
  /// The input in whose memory this output is written; empty for none.
  std::string alias_of;
};

struct EngineFacts {
  std::string name;
  int layers = 0;
  int aux_streams = 0;
  std::string capability;
  std::string hardware_compatibility;
  std::string profiling_verbosity;
  bool refittable = false;
  /// Bytes of all weights, and of those that were left out of a stripped plan.
  uint64_t weights_bytes = 0;
  uint64_t stripped_weights_bytes = 0;
  /// Bytes of scratch memory that an execution context takes on the device, for each profile.
  std::vector<uint64_t> scratch_bytes;
  /// Tensors whose values a context can show. TensorRT tells their names only of an engine that was
  /// built with profiling verbosity "detailed".
  std::vector<std::string> debug_tensors;
};

/// Weight streaming, all in bytes of device memory.
struct WeightStreaming {
  /// Weights that can be streamed; 0 where the engine was not built for it.
  int64_t streamable_bytes = 0;
  /// How much of them stays on the device.
  int64_t budget_bytes = 0;
  int64_t automatic_budget_bytes = 0;
  /// Scratch memory that each context takes more, at this budget.
  int64_t scratch_bytes = 0;
};

/// New values for the weights of a refittable engine.
struct NamedWeights {
  std::string name;
  /// As IoTensor::type.
  std::string type;
  const void* data = nullptr;
  int64_t count = 0;
};

/// Exactly one of the two is given.
struct RefitRequest {
  std::vector<NamedWeights> weights;
  std::string model_path;
};

/// Receives one output whose shape depends on data. Called on the thread that enqueues.
class OutputAllocator {
 public:
  virtual ~OutputAllocator() = default;
  /// Device memory of at least `bytes`, for use on `stream`. Null where there is none.
  virtual void* Allocate(uint64_t bytes, uint64_t alignment, void* stream) noexcept = 0;
  virtual void ShapeKnown(const Dims& dims) noexcept = 0;
};

/// Receives the values of debug tensors while an inference runs.
class DebugListener {
 public:
  virtual ~DebugListener() = default;
  /// `address` is on the device unless `on_host`, and valid until the call returns; work on it is
  /// ordered on `stream`. False stops the inference.
  virtual bool Receive(const std::string& name, const std::string& type, const Dims& dims,
                       const void* address, bool on_host, void* stream) noexcept = 0;
};

/// Receives the time of each layer after a profiled inference.
class LayerProfiler {
 public:
  virtual ~LayerProfiler() = default;
  virtual void LayerTime(const std::string& layer, float milliseconds) noexcept = 0;
};

/// Kernels that TensorRT for RTX compiled on this machine, kept between processes.
class RuntimeCache {
 public:
  virtual ~RuntimeCache() = default;
  virtual std::unique_ptr<HostMemory> Serialize() const = 0;
};

struct ContextOptions {
  int profile = 0;
  /// The CUDA stream that the context is prepared on.
  void* stream = nullptr;
  /// "static", "onProfileChange", "userManaged", or empty for TensorRT's choice.
  std::string memory;
  /// "lazy", "eager", "none", or empty. TensorRT for RTX only.
  std::string kernel_specialization;
  /// "disabled", "wholeGraphCapture", or empty. TensorRT for RTX only.
  std::string cuda_graph_strategy;
  /// Shared with other contexts; null for none. TensorRT for RTX only.
  std::shared_ptr<RuntimeCache> runtime_cache;
};

/// One IExecutionContext: at most one thread at a time, and one enqueued job in flight.
class ExecutionContext {
 public:
  virtual ~ExecutionContext() = default;

  /// Throws ERR_FEED for a shape outside of the profile.
  virtual void SetInputShape(const std::string& input, const Dims& dims) = 0;

  /// Computes the shapes of the outputs from those of the inputs and the values of the shape
  /// tensors, whose addresses must be set. A dimension that depends on data stays -1.
  virtual void InferShapes() = 0;

  virtual Dims Shape(const std::string& tensor) const = 0;
  virtual void SetAddress(const std::string& tensor, void* address) = 0;

  /// For an output whose shape depends on data; must outlive the context, or be replaced.
  virtual void SetOutputAllocator(const std::string& output, OutputAllocator* allocator) = 0;

  /// Scratch memory of a context whose memory is "userManaged"; 256-byte aligned.
  virtual void SetDeviceMemory(void* address, uint64_t bytes) = 0;

  /// Bytes of scratch memory for the shapes that are set.
  virtual uint64_t DeviceMemoryForShapes() = 0;

  /// A CUevent that is recorded as soon as the inputs may be overwritten; null for none.
  virtual void SetInputConsumedEvent(void* event) = 0;

  /// Chooses the debug tensors to show and who receives them; null and nothing for none.
  virtual void SetDebugListener(DebugListener* listener,
                                const std::vector<std::string>& tensors) = 0;

  /// Times every layer of the inferences that follow; null for none.
  virtual void SetProfiler(LayerProfiler* profiler) = 0;

  /// Whether work for the current shapes can be captured in a CUDA graph; nothing where TensorRT
  /// cannot say.
  virtual std::optional<bool> IsCapturable(void* stream) const = 0;

  /// Enqueues the engine's work on a CUDA stream (a CUstream).
  virtual void Enqueue(void* stream) = 0;
};

/// A deserialised engine. Its contexts must be destroyed before it.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual const std::vector<IoTensor>& tensors() const = 0;
  virtual const std::vector<Profile>& profiles() const = 0;
  virtual const EngineFacts& facts() const = 0;

  virtual std::unique_ptr<ExecutionContext> CreateContext(const ContextOptions& options) = 0;

  /// A cache for contexts of this engine, to be destroyed before it, from bytes that Serialize gave
  /// or empty. Bytes that TensorRT does not accept (another version, GPU or driver) leave it empty,
  /// and `accepted` says so. Throws ERR_UNSUPPORTED for a product without.
  virtual std::shared_ptr<RuntimeCache> CreateRuntimeCache(const std::vector<uint8_t>& bytes,
                                                           bool& accepted) = 0;

  /// The inspector's JSON for the engine with all its layers.
  virtual std::string Inspect() const = 0;

  /// Flags are SerializationFlag by name ("excludeWeights").
  virtual std::unique_ptr<HostMemory> Serialize(const std::vector<std::string>& flags) const = 0;

  virtual WeightStreaming weight_streaming() const = 0;
  /// No context may exist. Changes EngineFacts::scratch_bytes.
  virtual void SetWeightStreamingBudget(int64_t bytes) = 0;

  virtual std::vector<std::string> RefittableWeights() const = 0;
  /// Exchanges weights. No inference may be in flight. Throws ERR_TRT_REFIT, naming what is
  /// missing.
  virtual void Refit(const RefitRequest& request) = 0;

  /// True for every engine that was not loaded with deferred weights.
  virtual bool AreWeightsLoaded() const = 0;
  // Of an engine with deferred weights; ERR_UNSUPPORTED for any other. No inference may be in
  // flight.
  /// Reads the plan again. Copies are ordered on `stream`, which the caller waits for.
  virtual void LoadWeights(void* stream) = 0;
  virtual void UnloadWeights() = 0;
};

/// What TensorRT for RTX says of a plan before it is loaded.
struct EngineValidity {
  /// "valid", "suboptimal" or "invalid".
  std::string verdict;
  /// Names of the diagnostics ("versionMismatch"); may be empty for an invalid one.
  std::vector<std::string> diagnostics;
};

}  // namespace tensorrt_node
