#pragma once

// What api.h says about building an engine. Enumerators travel as their names in lib's spelling.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensorrt/types.h"

namespace tensorrt_node {

enum class Severity { kInternalError, kError, kWarning, kInfo, kVerbose };

/// Names of what is switched on or off; what is not named stays as it is.
using Switches = std::vector<std::pair<std::string, bool>>;

/// What is asked of one build. Every member that is left as it is here leaves the choice to
/// TensorRT; lib/engine/build/build-options.ts says what each means and what TensorRT's choice is.
struct BuildRequest {
  /// An ONNX file; external data is looked up beside it.
  std::string model_path;
  /// Where the plan goes as it is made. Empty: it is kept in memory.
  std::string plan_path;

  std::vector<Profile> profiles;
  /// Compute capabilities to compile for, "sm75" to "sm121", or "current". TensorRT for RTX only.
  std::vector<std::string> targets;

  /// BuilderFlag by name ("stripPlan").
  Switches flags;
  /// PreviewFeature by name.
  Switches preview_features;
  /// MemoryPoolType by name, and bytes.
  std::vector<std::pair<std::string, uint64_t>> memory_pools;
  /// TacticSource by name; those that are not named are off.
  std::optional<std::vector<std::string>> tactic_sources;
  /// OnnxParserFlag by name.
  Switches parser_flags;
  /// Name and value of each choice of the compiler.
  std::vector<std::pair<std::string, std::string>> build_routes;

  std::optional<int> optimization_level;
  std::optional<int> max_tactics;
  std::optional<int> timing_iterations;
  std::optional<int> max_aux_streams;
  std::optional<int> max_threads;
  std::optional<int> dla_core;
  std::optional<int64_t> l2_limit_for_tiling;

  // Each is the name of an enumerator, or empty.
  std::string hardware_compatibility;
  std::string runtime_platform;
  std::string profiling_verbosity;
  std::string tiling_optimization;
  std::string engine_capability;
  std::string device_type;

  /// Plugin libraries to put into the plan; they must be loaded.
  std::vector<std::string> plugins_to_serialize;
  /// Tensors of the network whose values an execution context can show.
  std::vector<std::string> debug_tensors;
  /// Also makes every tensor that no fusion swallows visible.
  bool debug_unfused_tensors = false;
  /// With the flag "refitIndividual": the weights that can be exchanged later.
  std::vector<std::string> refittable_weights;

  /// A serialised timing cache to start from; empty starts a new one. Nothing: no cache.
  std::optional<std::vector<uint8_t>> timing_cache;
};

struct BuildResult {
  /// Null where the plan went to a file.
  std::unique_ptr<HostMemory> plan;
  uint64_t plan_bytes = 0;
  /// The timing cache with what this build measured; null where none was asked for.
  std::unique_ptr<HostMemory> timing_cache;
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

/// Code of the StatusError of a build that its observer cancelled.
inline constexpr char kCancelled[] = "CANCELLED";

/// One complaint of TensorRT's ONNX parser about a model.
struct ParserError {
  /// Its code is the parser's ErrorCode by name, for example "unsupportedNode".
  RecordedError error;
  /// Names of the local functions that lead to the node, outermost first.
  std::vector<std::string> function_stack;
};

/// A run of consecutive nodes that the parser takes, or does not take, as a whole.
struct Subgraph {
  bool supported = false;
  /// Positions in the model's node list.
  std::vector<int64_t> nodes;
};

struct ModelSupport {
  bool supported = false;
  std::vector<Subgraph> subgraphs;
  std::vector<ParserError> errors;
};

}  // namespace tensorrt_node
