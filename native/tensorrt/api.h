#pragma once

// The only door between the addon and TensorRT.
//
// TensorRT 11 and TensorRT for RTX both define namespace nvinfer1 with different virtual tables, so
// the code behind this header is compiled once per ABI family into a shared library of its own, and
// nothing here may name a type of NvInfer or of Node-API. Enumerators travel as their names in
// lib's spelling ("float32", "sm89"), because their values differ between versions of TensorRT.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "status_error.h"

namespace tensorrt_node {

/// A shape: elements per dimension, -1 where it is not known yet.
using Dims = std::vector<int64_t>;

enum class Severity { kInternalError, kError, kWarning, kInfo, kVerbose };

/// Bytes that TensorRT allocated, for example a serialised engine.
class HostMemory {
 public:
  virtual ~HostMemory() = default;
  virtual const void* data() const = 0;
  virtual size_t size() const = 0;
};

/// The range of shapes that an engine accepts for one input.
struct ShapeRange {
  std::string input;
  Dims min;
  Dims opt;
  Dims max;
};

/// One optimisation profile: a range for each input with a dynamic shape.
using Profile = std::vector<ShapeRange>;

struct BuildRequest {
  /// An ONNX file; external data is looked up beside it.
  std::string model_path;
  std::vector<Profile> profiles;
  /// Compute capabilities to compile for, "sm75" to "sm121", or "current". Empty leaves the choice
  /// to TensorRT. TensorRT for RTX only.
  std::vector<std::string> targets;
  /// 0 (fastest build) to 5 (fastest engine). TensorRT's default is 3.
  std::optional<int> optimization_level;
  /// Bytes of device memory that a layer may use as scratch. TensorRT's default is all there is.
  std::optional<uint64_t> workspace_bytes;
};

/// What a build tells while it runs. Every method is called from threads of TensorRT.
class BuildObserver {
 public:
  virtual ~BuildObserver() = default;
  virtual bool Cancelled() const noexcept = 0;
  virtual void PhaseStarted(const std::string& name) noexcept = 0;
  virtual void PhaseFinished(const std::string& name) noexcept = 0;
  virtual void Log(Severity severity, const std::string& line) noexcept = 0;
};

/// An input or output of an engine.
struct IoTensor {
  std::string name;
  /// As in lib/tensor.ts, or TensorRT's own name in lower case for a type that it lacks.
  std::string type;
  bool is_input = false;
  /// True for a shape tensor, whose values TensorRT reads on the host.
  bool on_host = false;
  Dims dims;
};

/// One IExecutionContext: at most one thread at a time, and one enqueued job in flight.
class ExecutionContext {
 public:
  virtual ~ExecutionContext() = default;

  /// Throws ERR_FEED for a shape outside of the profile.
  virtual void SetInputShape(const std::string& input, const Dims& dims) = 0;

  /// Computes the shapes of the outputs from those of the inputs. A dimension that depends on data
  /// stays -1.
  virtual void InferShapes() = 0;

  virtual Dims Shape(const std::string& tensor) const = 0;
  virtual void SetAddress(const std::string& tensor, void* address) = 0;

  /// Enqueues the engine's work on a CUDA stream (a CUstream).
  virtual void Enqueue(void* stream) = 0;
};

/// A deserialised engine. Its contexts must be destroyed before it.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual const std::vector<IoTensor>& tensors() const = 0;
  virtual const std::vector<Profile>& profiles() const = 0;
  /// Bytes of scratch memory that one execution context takes on the device.
  virtual uint64_t device_memory_bytes() const = 0;

  /// A context for one optimisation profile, prepared on the stream it will be enqueued on.
  virtual std::unique_ptr<ExecutionContext> CreateContext(int profile, void* stream) = 0;
};

/// TensorRT itself, as one family library drives it. Safe to use from several threads.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Parses, builds and serialises. Throws ERR_TRT_PARSE, ERR_TRT_BUILD, or kCancelled when the
  /// observer asked for it.
  virtual std::unique_ptr<HostMemory> Build(const BuildRequest& request,
                                            BuildObserver& observer) = 0;

  /// Needs a current CUDA context. Throws ERR_TRT_ENGINE_INVALID.
  virtual std::unique_ptr<Engine> Deserialize(const void* plan, size_t size) = 0;
};

/// Code of the StatusError of a build that its observer cancelled.
inline constexpr char kCancelled[] = "CANCELLED";

/// The opened libraries, as dlopen returned them. `parser` may be null: then nothing can be built.
struct LibraryHandles {
  void* core = nullptr;
  void* parser = nullptr;
};

/// The one symbol that a family library exports, under kCreateBackendSymbol. The caller has checked
/// that the library is of the family's product and version.
using CreateBackend = std::unique_ptr<Backend> (*)(const LibraryHandles& handles);
inline constexpr char kCreateBackendSymbol[] = "TensorrtNodeCreateBackend";

}  // namespace tensorrt_node
