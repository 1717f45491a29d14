#include "tensorrt/engine.h"

#include <utility>

#include "tensorrt/engine_description.h"
#include "tensorrt/enums.h"
#include "tensorrt/execution_context.h"
#include "tensorrt/host_memory.h"
#include "tensorrt/memory_failure.h"
#include "tensorrt/refitter.h"
#include "tensorrt/runtime_cache.h"
#include "tensorrt/runtime_features.h"

namespace tensorrt_node {

TrtEngine::TrtEngine(const Library& library, PlanSource& plan, const DeserializeOptions& options)
    : library_(library),
      plan_(plan),
      deferred_weights_(options.deferred_weights),
      runtime_(library.CreateRuntime(diagnostics_.log())) {
  if (!runtime_) throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT gave no runtime");
  Configure(*runtime_, options);
  if (!options.lean_runtime.empty()) LoadLeanRuntime(options);
  Deserialize();
  Describe();
}

void TrtEngine::Configure(nvinfer1::IRuntime& runtime, const DeserializeOptions& options) {
  runtime.setErrorRecorder(&diagnostics_.recorder());
  runtime.setEngineHostCodeAllowed(options.allow_host_code);
  if (options.max_threads && !runtime.setMaxThreads(*options.max_threads)) {
    throw diagnostics_.Failure(
        "ERR_UNSUPPORTED", "TensorRT refused " + std::to_string(*options.max_threads) + " threads");
  }
  if (options.dla_core) {
    const int32_t cores = runtime.getNbDLACores();
    if (*options.dla_core >= cores) {
      throw StatusError("ERR_UNSUPPORTED", "There is no DLA core " +
                                               std::to_string(*options.dla_core) +
                                               ": this machine has " + std::to_string(cores) + ".");
    }
    runtime.setDLACore(*options.dla_core);
  }
  if (options.deferred_weights) {
    Require(library_.version(), "Loading weights later needs", kDeferredWeights);
#if defined(TENSORRT_NODE_FAMILY_RTX1)
    runtime.setDeferredWeightsLoading(true);
#endif
  }
}

void TrtEngine::LoadLeanRuntime(const DeserializeOptions& options) {
  lean_runtime_.reset(runtime_->loadRuntime(options.lean_runtime.c_str()));
  if (!lean_runtime_) {
    throw diagnostics_
        .Failure("ERR_TRT_LIBRARY_NOT_FOUND",
                 "The lean runtime " + options.lean_runtime + " cannot be loaded")
        .WithFile(options.lean_runtime);
  }
  Configure(*lean_runtime_, options);
}

void TrtEngine::Deserialize() {
  diagnostics_.Clear();
  nvinfer1::IRuntime& runtime = lean_runtime_ ? *lean_runtime_ : *runtime_;
  if (plan_.data() != nullptr) {
    engine_.reset(runtime.deserializeCudaEngine(plan_.data(), plan_.size()));
  } else {
    Require(library_.version(), "Reading a plan from a file piece by piece needs", kStreamReader);
    PlanReader reader(plan_);
    engine_.reset(runtime.deserializeCudaEngine(reader));
  }
  if (!engine_) {
    throw FailureOrNoMemory(diagnostics_, "ERR_TRT_ENGINE_INVALID", "TensorRT refused the plan");
  }
}

void TrtEngine::Describe() {
  const Version& version = library_.version();
  tensors_ = DescribeTensors(*engine_, version);
  profiles_ = DescribeProfiles(*engine_, tensors_, version);
  facts_ = DescribeEngine(*engine_, version);
  // Only then does the inspector name tensors.
  if (engine_->getProfilingVerbosity() == nvinfer1::ProfilingVerbosity::kDETAILED) {
    facts_.debug_tensors = FindDebugTensors(*engine_, Inspect());
  }
  // What does not apply to an engine is an error to TensorRT, but not here.
  diagnostics_.Clear();
}

std::unique_ptr<ExecutionContext> TrtEngine::CreateContext(const ContextOptions& options) {
  return std::make_unique<TrtExecutionContext>(*engine_, library_.version(), diagnostics_, options);
}

std::shared_ptr<RuntimeCache> TrtEngine::CreateRuntimeCache(const std::vector<uint8_t>& bytes,
                                                            bool& accepted) {
  Require(library_.version(), "A runtime cache needs", kJitOptions);
  return MakeRuntimeCache(*engine_, diagnostics_, bytes, accepted);
}

std::string TrtEngine::Inspect() const {
  diagnostics_.Clear();
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine_->createEngineInspector());
  const char* text = nullptr;
  if (inspector) {
    inspector->setErrorRecorder(&diagnostics_.recorder());
    text = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
  }
  if (text == nullptr) {
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not inspect the engine");
  }
  return text;
}

std::unique_ptr<HostMemory> TrtEngine::Serialize(const std::vector<std::string>& flags) const {
  if (deferred_weights_) {
    throw StatusError("ERR_UNSUPPORTED",
                      "An engine whose weights are loaded later does not own them, and cannot be "
                      "serialised.")
        .WithRemedy("Keep the plan that it was loaded from.");
  }
  diagnostics_.Clear();
  std::unique_ptr<nvinfer1::IHostMemory> memory;
  if (flags.empty()) {
    memory.reset(engine_->serialize());
  } else {
    const std::unique_ptr<nvinfer1::ISerializationConfig> config(
        engine_->createSerializationConfig());
    for (const std::string& flag : flags) {
      if (config) config->setFlag(FromName<nvinfer1::SerializationFlag>(flag));
    }
    if (config) memory.reset(engine_->serializeWithConfig(*config));
  }
  if (!memory)
    throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not serialise the engine");
  return std::make_unique<TrtHostMemory>(std::move(memory));
}

WeightStreaming TrtEngine::weight_streaming() const {
  WeightStreaming result;
  result.streamable_bytes = engine_->getStreamableWeightsSize();
  // The others are an error for an engine without.
  if (result.streamable_bytes <= 0) return {};
  result.budget_bytes = engine_->getWeightStreamingBudgetV2();
  result.automatic_budget_bytes = engine_->getWeightStreamingAutomaticBudget();
  result.scratch_bytes = engine_->getWeightStreamingScratchMemorySize();
  return result;
}

void TrtEngine::SetWeightStreamingBudget(int64_t bytes) {
  if (engine_->getStreamableWeightsSize() <= 0) {
    throw StatusError("ERR_UNSUPPORTED", "The weights of this engine cannot be streamed.")
        .WithRemedy("Build it with the flag weightStreaming.");
  }
  diagnostics_.Clear();
  if (!engine_->setWeightStreamingBudgetV2(bytes)) {
    throw FailureOrNoMemory(diagnostics_, "ERR_TRT_INFER",
                            "TensorRT refused a budget of " + std::to_string(bytes) +
                                " bytes for weights on the device");
  }
  facts_.scratch_bytes = DescribeScratch(*engine_);
}

std::vector<std::string> TrtEngine::RefittableWeights() const {
  if (!engine_->isRefittable()) return {};
  return Refitter(library_, *engine_, diagnostics_).Names();
}

void TrtEngine::Refit(const RefitRequest& request) {
  Refitter refitter(library_, *engine_, diagnostics_);
  if (request.model_path.empty()) {
    refitter.Set(request.weights);
  } else {
    refitter.SetFromModel(request.model_path);
  }
  refitter.Apply();
}

void TrtEngine::RequireDeferredWeights() const {
  if (deferred_weights_) return;
  throw StatusError("ERR_UNSUPPORTED", "The weights of this engine were loaded with it.")
      .WithRemedy("Load the engine with deferred weights to load and unload them later.");
}

#if defined(TENSORRT_NODE_FAMILY_RTX1)

bool TrtEngine::AreWeightsLoaded() const {
  return !Has(library_.version(), kDeferredWeights) || engine_->areWeightsLoaded();
}

void TrtEngine::LoadWeights(void* stream) {
  RequireDeferredWeights();
  diagnostics_.Clear();
  // Kept, because its reads may still be under way when the call returns.
  reader_ = std::make_unique<PlanReader>(plan_);
  const bool loaded = plan_.data() != nullptr
                          ? engine_->loadWeights(plan_.data(), static_cast<int64_t>(plan_.size()))
                          : engine_->loadWeightsAsync(*reader_, static_cast<cudaStream_t>(stream));
  if (!loaded) {
    throw FailureOrNoMemory(diagnostics_, "ERR_TRT_INFER", "TensorRT could not load the weights");
  }
}

void TrtEngine::UnloadWeights() {
  RequireDeferredWeights();
  Require(library_.version(), "Unloading weights needs", kUnloadWeights);
  diagnostics_.Clear();
  if (engine_->unloadWeights()) return;
  throw diagnostics_.Failure("ERR_TRT_INFER", "TensorRT could not unload the weights");
}

#else

bool TrtEngine::AreWeightsLoaded() const { return true; }

void TrtEngine::LoadWeights(void*) { RequireDeferredWeights(); }

void TrtEngine::UnloadWeights() { RequireDeferredWeights(); }

#endif

}  // namespace tensorrt_node
