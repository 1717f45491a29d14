#include "binding/engine_operations.h"

#include <string>
#include <vector>

#include "binding/convert.h"
#include "binding/host_buffer.h"

namespace tensorrt_node {
namespace {

/// What an operation gives that has no result.
struct Done {};

Napi::Value Undefined(Napi::Env env, const Done&) { return env.Undefined(); }

Napi::Value FromBool(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }

Napi::Value FromNames(Napi::Env env, const std::vector<std::string>& names) {
  return FromStrings(env, names);
}

Napi::Object FromTensor(Napi::Env env, const IoTensor& tensor) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("name", tensor.name);
  result.Set("type", tensor.type);
  result.Set("mode", tensor.is_input ? "input" : "output");
  result.Set("location", tensor.on_host ? "host" : "device");
  result.Set("dims", FromDims(env, tensor.dims));
  result.Set("format", tensor.format);
  result.Set("vectorizedDim", tensor.vectorized_dim);
  result.Set("componentsPerElement", tensor.components_per_element);
  result.Set("shapesOthers", tensor.shapes_others);
  result.Set("aliasOf", tensor.alias_of);
  return result;
}

Napi::Array FromRanges(Napi::Env env, const std::vector<InputRange>& ranges) {
  Napi::Array result = Napi::Array::New(env, ranges.size());
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    Napi::Object range = Napi::Object::New(env);
    range.Set("input", ranges[i].input);
    range.Set("min", FromDims(env, ranges[i].min));
    range.Set("opt", FromDims(env, ranges[i].opt));
    range.Set("max", FromDims(env, ranges[i].max));
    result.Set(i, range);
  }
  return result;
}

Napi::Array FromProfiles(Napi::Env env, const std::vector<Profile>& profiles) {
  Napi::Array result = Napi::Array::New(env, profiles.size());
  for (uint32_t i = 0; i < profiles.size(); ++i) {
    Napi::Object profile = Napi::Object::New(env);
    profile.Set("shapes", FromRanges(env, profiles[i].shapes));
    profile.Set("values", FromRanges(env, profiles[i].values));
    result.Set(i, profile);
  }
  return result;
}

Napi::Value FromBytes(Napi::Env env, int64_t bytes) {
  return Napi::Number::New(env, static_cast<double>(bytes));
}

/// Weights with memory of their own, since the caller's may change before TensorRT reads it.
struct OwnedWeights {
  std::vector<std::vector<uint8_t>> data;
  RefitRequest request;
};

OwnedWeights CopyWeights(Napi::Object value) {
  OwnedWeights result;
  result.request.model_path = value.Get("modelPath").As<Napi::String>();
  const auto entries = value.Get("weights").As<Napi::Array>();
  result.data.reserve(entries.Length());
  for (uint32_t i = 0; i < entries.Length(); ++i) {
    const auto entry = entries.Get(i).As<Napi::Object>();
    const Napi::Value data = entry.Get("data");
    const ByteView bytes = ToBytes(data);
    const auto& copy = result.data.emplace_back(bytes.data, bytes.data + bytes.size);
    result.request.weights.push_back(
        {entry.Get("name").As<Napi::String>(), entry.Get("type").As<Napi::String>(), copy.data(),
         static_cast<int64_t>(data.As<Napi::TypedArray>().ElementLength())});
  }
  return result;
}

}  // namespace

Napi::Object DescribeEngineForJs(Napi::Env env, Engine& engine) {
  const EngineFacts& facts = engine.facts();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array tensors = Napi::Array::New(env, engine.tensors().size());
  for (uint32_t i = 0; i < engine.tensors().size(); ++i) {
    tensors.Set(i, FromTensor(env, engine.tensors()[i]));
  }
  Napi::Array scratch = Napi::Array::New(env, facts.scratch_bytes.size());
  for (uint32_t i = 0; i < facts.scratch_bytes.size(); ++i) {
    scratch.Set(i, static_cast<double>(facts.scratch_bytes[i]));
  }
  result.Set("tensors", tensors);
  result.Set("profiles", FromProfiles(env, engine.profiles()));
  result.Set("name", facts.name);
  result.Set("layers", facts.layers);
  result.Set("auxStreams", facts.aux_streams);
  result.Set("capability", facts.capability);
  result.Set("hardwareCompatibility", facts.hardware_compatibility);
  result.Set("profilingVerbosity", facts.profiling_verbosity);
  result.Set("refittable", facts.refittable);
  result.Set("weightsBytes", static_cast<double>(facts.weights_bytes));
  result.Set("strippedWeightsBytes", static_cast<double>(facts.stripped_weights_bytes));
  result.Set("scratchBytes", scratch);
  result.Set("debugTensors", FromStrings(env, facts.debug_tensors));
  return result;
}

Napi::Value StartInspect(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.inspect", std::move(engine),
      [](LoadedEngine& loaded) {
        return loaded.Whole([](Engine& whole) { return whole.Inspect(); });
      },
      [](Napi::Env target, const std::string& json) -> Napi::Value {
        return Napi::String::New(target, json);
      });
}

Napi::Value StartSerialize(Napi::Env env, std::shared_ptr<LoadedEngine> engine, Napi::Value flags) {
  auto library = engine->library();
  return StartOnEngine(
      env, "tensorrt_node.serialize", std::move(engine),
      [names = ToStrings(flags)](LoadedEngine& loaded) {
        return loaded.Whole([&](Engine& whole) { return whole.Serialize(names); });
      },
      [library = std::move(library)](Napi::Env target, std::unique_ptr<HostMemory>& memory) {
        return ToBuffer(target, library, std::move(memory));
      });
}

Napi::Value StartReadWeightStreaming(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.weightStreaming", std::move(engine),
      [](LoadedEngine& loaded) {
        return loaded.Whole([](Engine& whole) { return whole.weight_streaming(); });
      },
      [](Napi::Env target, const WeightStreaming& streaming) -> Napi::Value {
        Napi::Object result = Napi::Object::New(target);
        result.Set("streamableBytes", FromBytes(target, streaming.streamable_bytes));
        result.Set("budgetBytes", FromBytes(target, streaming.budget_bytes));
        result.Set("automaticBudgetBytes", FromBytes(target, streaming.automatic_budget_bytes));
        result.Set("scratchBytes", FromBytes(target, streaming.scratch_bytes));
        return result;
      });
}

Napi::Value StartSetWeightStreamingBudget(Napi::Env env, std::shared_ptr<LoadedEngine> engine,
                                          Napi::Value bytes) {
  return StartOnEngine(
      env, "tensorrt_node.setWeightStreamingBudget", std::move(engine),
      [budget = bytes.As<Napi::Number>().Int64Value()](LoadedEngine& loaded) {
        loaded.SetWeightStreamingBudget(budget);
        return Done{};
      },
      Undefined);
}

Napi::Value StartRefittableWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.refittableWeights", std::move(engine),
      [](LoadedEngine& loaded) {
        return loaded.Whole([](Engine& whole) { return whole.RefittableWeights(); });
      },
      FromNames);
}

Napi::Value StartRefit(Napi::Env env, std::shared_ptr<LoadedEngine> engine, Napi::Value request) {
  return StartOnEngine(
      env, "tensorrt_node.refit", std::move(engine),
      [weights = CopyWeights(request.As<Napi::Object>())](LoadedEngine& loaded) {
        return loaded.Whole([&](Engine& whole) {
          whole.Refit(weights.request);
          return Done{};
        });
      },
      Undefined);
}

Napi::Value StartAreWeightsLoaded(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.areWeightsLoaded", std::move(engine),
      [](LoadedEngine& loaded) {
        return loaded.Whole([](Engine& whole) { return whole.AreWeightsLoaded(); });
      },
      FromBool);
}

Napi::Value StartLoadWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.loadWeights", std::move(engine),
      [](LoadedEngine& loaded) {
        loaded.LoadWeights();
        return Done{};
      },
      Undefined);
}

Napi::Value StartUnloadWeights(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.unloadWeights", std::move(engine),
      [](LoadedEngine& loaded) {
        return loaded.Whole([](Engine& whole) {
          whole.UnloadWeights();
          return Done{};
        });
      },
      Undefined);
}

Napi::Value StartMemory(Napi::Env env, std::shared_ptr<LoadedEngine> engine) {
  return StartOnEngine(
      env, "tensorrt_node.memory", std::move(engine),
      [](LoadedEngine& loaded) { return ReadMemoryInfo(*loaded.device()); },
      [](Napi::Env target, const MemoryInfo& memory) -> Napi::Value {
        return FromMemoryInfo(target, memory);
      });
}

}  // namespace tensorrt_node
