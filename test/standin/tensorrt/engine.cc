#include "engine.h"

#include <string>
#include <utility>

#include "cuda_driver.h"
#include "engine_inspector.h"
#include "execution_context.h"
#include "host_memory.h"
#include "plan.h"
#include "plan_stream.h"
#include "refitter.h"
#include "serialization_config.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

Failure Refused(const std::string& message) { return Failure(ErrorCode::kINVALID_STATE, message); }

}  // namespace

Engine::Engine(const Reporter& runtime, std::shared_ptr<EngineState> state)
    : EngineDescription(runtime, std::move(state)) {}

Engine::~Engine() {
  if (state_->contexts == 0) return;
  reporter_.Violation("an engine was destroyed before its execution contexts");
}

nvinfer1::IHostMemory* Engine::serialize() const noexcept {
  return reporter_.Run<nvinfer1::IHostMemory*>("serialize", nullptr, [&] { return Serialize(0); });
}

nvinfer1::ISerializationConfig* Engine::createSerializationConfig() noexcept {
  return reporter_.Run<nvinfer1::ISerializationConfig*>("createSerializationConfig", nullptr,
                                                        [] { return new SerializationConfig; });
}

nvinfer1::IHostMemory* Engine::serializeWithConfig(
    nvinfer1::ISerializationConfig& config) const noexcept {
  return reporter_.Run<nvinfer1::IHostMemory*>("serializeWithConfig", nullptr,
                                               [&] { return Serialize(config.getFlags()); });
}

nvinfer1::IHostMemory* Engine::Serialize(nvinfer1::SerializationFlags flags) const {
  using nvinfer1::SerializationFlag;
  const auto has = [&](SerializationFlag flag) {
    return (flags & SerializationConfig::Mask(flag)) != 0;
  };
  if (state_->memory.deferred()) throw Refused("the engine does not own its deferred weights");
  const bool strip = has(SerializationFlag::kEXCLUDE_WEIGHTS);
  if (strip && !isRefittable()) throw Refused("the weights can be excluded of refittable engines");
  // What was stripped is whole now, and stays refittable only where that is asked for.
  const bool was_stripped = getEngineStat(nvinfer1::EngineStat::kSTRIPPED_WEIGHTS_SIZE) > 0;
  const bool refittable = strip || !was_stripped || has(SerializationFlag::kINCLUDE_REFIT);
  return new HostMemory(WritePlan(
      network().Describe(state_->weights->Read(),
                         strip ? Network::Stripped::kYes : Network::Stripped::kNo, refittable)));
}

nvinfer1::IEngineInspector* Engine::createEngineInspector() const noexcept {
  return reporter_.Run<nvinfer1::IEngineInspector*>("createEngineInspector", nullptr, [&] {
    return new EngineInspector(reporter_.log(), state_->network);
  });
}

nvinfer1::IRefitter* Engine::createRefitter(nvinfer1::ILogger& logger) noexcept {
  return reporter_.Run<nvinfer1::IRefitter*>("createInferRefitter", nullptr, [&] {
    return new Refitter(std::make_shared<LogSink>(logger), state_);
  });
}

nvinfer1::IRuntimeConfig* Engine::createRuntimeConfig() noexcept {
  return reporter_.Run<nvinfer1::IRuntimeConfig*>(
      "createRuntimeConfig", nullptr, [&] { return new RuntimeConfig(reporter_.log()); });
}

nvinfer1::IExecutionContext* Engine::createExecutionContext(Allocation strategy) noexcept {
  return reporter_.Run<nvinfer1::IExecutionContext*>("createExecutionContext", nullptr, [&] {
    RuntimeConfig config(reporter_.log());
    config.setExecutionContextAllocationStrategy(strategy);
    return CreateContext(config);
  });
}

nvinfer1::IExecutionContext* Engine::createExecutionContextWithRuntimeConfig(
    nvinfer1::IRuntimeConfig* config) noexcept {
  return reporter_.Run<nvinfer1::IExecutionContext*>("createExecutionContext", nullptr, [&] {
    if (config == nullptr) throw Failure(ErrorCode::kINVALID_ARGUMENT, "the config is null");
    return CreateContext(*static_cast<RuntimeConfig*>(config));
  });
}

nvinfer1::IExecutionContext* Engine::CreateContext(const RuntimeConfig& config) {
  if (CurrentContext() != state_->cuda_context) {
    throw Refused("the current CUDA context is not the engine's");
  }
  config.CountUse();
  return new ExecutionContext(*this, reporter_, config);
}

int64_t Engine::getStreamableWeightsSize() const noexcept {
  return state_->memory.streamable_bytes();
}

int64_t Engine::getWeightStreamingBudgetV2() const noexcept { return state_->memory.budget(); }

int64_t Engine::getWeightStreamingAutomaticBudget() const noexcept {
  return reporter_.Run<int64_t>("getWeightStreamingAutomaticBudget", 0,
                                [&] { return state_->memory.AutomaticBudget(); });
}

int64_t Engine::getWeightStreamingScratchMemorySize() const noexcept {
  return state_->memory.StreamingScratchBytes();
}

bool Engine::setWeightStreamingBudgetV2(int64_t bytes) noexcept {
  return reporter_.Run("setWeightStreamingBudgetV2", false, [&] {
    if (state_->contexts > 0) throw Refused("the engine has execution contexts");
    state_->memory.SetBudget(bytes);
    return true;
  });
}

#ifdef TRT_MAJOR_RTX

bool Engine::areWeightsLoaded() const noexcept { return state_->memory.loaded(); }

bool Engine::loadWeights(const void* blob, int64_t size) noexcept {
  return reporter_.Run("loadWeights", false, [&] {
    const bool given = blob != nullptr && size >= 0;
    const bool same = given && state_->plan == std::string(static_cast<const char*>(blob), size);
    if (!same) throw Failure(ErrorCode::kINVALID_ARGUMENT, "this is not the engine's plan");
    state_->memory.Load();
    return true;
  });
}

bool Engine::loadWeightsAsync(nvinfer1::IStreamReaderV2& reader, cudaStream_t stream) noexcept {
  return reporter_.Run("loadWeightsAsync", false, [&] {
    if (!state_->memory.deferred() || state_->memory.loaded()) {
      throw Refused("the engine waits for no weights");
    }
    auto staging = ReadPlanToDevice(reader, state_->plan.size(), stream);
    state_->memory.LoadOn(stream, std::move(staging), state_->plan);
    return true;
  });
}

bool Engine::unloadWeights() noexcept {
  return reporter_.Run("unloadWeights", false, [&] {
    if (*state_->in_flight > 0) {
      reporter_.Violation("weights were unloaded while an inference was in flight");
      throw Refused("an inference is in flight");
    }
    state_->memory.Unload();
    return true;
  });
}

#endif

}  // namespace tensorrt_node::standin
