#include "binding/slot_wrap.h"

#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "binding/addon_data.h"
#include "binding/convert.h"
#include "binding/errors.h"
#include "binding/memory_wrap.h"
#include "binding/promise_worker.h"
#include "binding/slot_options.h"

namespace tensorrt_node {
namespace {

/// A lane on loan to one job. JavaScript thread only.
class LaneLease {
 public:
  LaneLease(std::shared_ptr<ExecutionSlot> slot, std::shared_ptr<std::vector<bool>> busy,
            size_t index)
      : slot_(std::move(slot)), busy_(std::move(busy)), index_(index) {
    (*busy_)[index_] = true;
  }
  ~LaneLease() {
    if (!slot_) return;
    lane().Unbind();
    (*busy_)[index_] = false;
  }
  LaneLease(LaneLease&&) = default;
  LaneLease& operator=(LaneLease&&) = delete;

  ExecutionSlot& slot() const { return *slot_; }
  Lane& lane() const { return slot_->lane(index_); }

 private:
  std::shared_ptr<ExecutionSlot> slot_;
  std::shared_ptr<std::vector<bool>> busy_;
  size_t index_;
};

/// A typed array that an output is to be written to; empty for all other outputs.
using Target = Napi::ObjectReference;

Napi::ArrayBuffer CopyOf(Napi::Env env, const void* data, size_t bytes) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
  if (bytes > 0) std::memcpy(buffer.Data(), data, bytes);
  return buffer;
}

/// Writes an output into a typed array that JavaScript brought.
void WriteTo(const Napi::Uint8Array& target, const Lane::Output& output) {
  if (target.ByteLength() < output.bytes) {
    throw StatusError("ERR_FEED", "Output '" + output.tensor.name + "' needs " +
                                      std::to_string(output.bytes) +
                                      " bytes, the tensor given for it has " +
                                      std::to_string(target.ByteLength()) + ".")
        .WithTensor(output.tensor.name);
  }
  auto* const base = static_cast<uint8_t*>(target.ArrayBuffer().Data());
  if (output.bytes > 0) std::memcpy(base + target.ByteOffset(), output.host_data(), output.bytes);
}

Napi::Object FromOutput(Napi::Env env, Lane::Output& output, const Target& target) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("dims", FromDims(env, output.dims));
  if (!target.IsEmpty()) {
    WriteTo(target.Value().As<Napi::Uint8Array>(), output);
  } else if (output.delivery == Lane::Delivery::kHost) {
    result.Set("data", CopyOf(env, output.host_data(), output.bytes));
  } else if (output.delivery == Lane::Delivery::kDevice) {
    result.Set("memory", MemoryWrap::Make(env, AddonData::Of(env).memory, std::move(output.bound)));
  }
  return result;
}

Napi::Object FromTimes(Napi::Env env, const JobTimes& times, JobClock::time_point called) {
  const auto since_call = [&](const JobPart& part) {
    return std::chrono::duration<double, std::milli>(part.start - called).count();
  };
  Napi::Object starts = Napi::Object::New(env);
  starts.Set("enqueue", since_call(times.enqueue));
  starts.Set("copyIn", since_call(times.copy_in));
  starts.Set("compute", since_call(times.compute));
  starts.Set("copyOut", since_call(times.copy_out));
  Napi::Object result = Napi::Object::New(env);
  result.Set("enqueueMs", times.enqueue.milliseconds);
  result.Set("copyInMs", times.copy_in.milliseconds);
  result.Set("computeMs", times.compute.milliseconds);
  result.Set("copyOutMs", times.copy_out.milliseconds);
  result.Set("startsMs", starts);
  return result;
}

Napi::Array FromLayers(Napi::Env env, const std::vector<LayerTime>& layers) {
  Napi::Array result = Napi::Array::New(env, layers.size());
  for (uint32_t i = 0; i < layers.size(); ++i) {
    Napi::Object layer = Napi::Object::New(env);
    layer.Set("name", layers[i].first);
    layer.Set("ms", layers[i].second);
    result.Set(i, layer);
  }
  return result;
}

Napi::Array FromDebugTensors(Napi::Env env, const std::vector<DebugTensor>& tensors) {
  Napi::Array result = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", tensors[i].name);
    tensor.Set("type", tensors[i].type);
    tensor.Set("dims", FromDims(env, tensors[i].dims));
    tensor.Set("data", CopyOf(env, tensors[i].data.data(), tensors[i].data.size()));
    result.Set(i, tensor);
  }
  return result;
}

struct InferOperation {
  LaneLease lease;
  std::vector<Target> targets;
  JobOptions options;
  JobClock::time_point called;
  JobReport report;
  size_t graph_evictions;

  void Run() {
    report = lease.slot().Run(lease.lane(), options);
    graph_evictions = lease.slot().graph_evictions();
  }

  Napi::Value Result(Napi::Env env) {
    auto& outputs = lease.lane().outputs();
    Napi::Array results = Napi::Array::New(env, outputs.size());
    for (uint32_t i = 0; i < outputs.size(); ++i) {
      results.Set(i, FromOutput(env, outputs[i], targets[i]));
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("outputs", results);
    result.Set("launch", report.launch);
    result.Set("graphEvictions", static_cast<double>(graph_evictions));
    if (report.times) result.Set("times", FromTimes(env, *report.times, called));
    if (options.profiled) result.Set("layers", FromLayers(env, report.layers));
    if (!options.debug_tensors.empty()) {
      result.Set("debugTensors", FromDebugTensors(env, report.debug_tensors));
    }
    return result;
  }
};

struct InvalidateOperation {
  std::shared_ptr<ExecutionSlot> slot;

  void Run() { slot->InvalidateGraphs(); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

void SetInput(Lane& lane, uint32_t index, const Napi::Object& input) {
  const Dims dims = ToDims(input.Get("dims"));
  const Napi::Value data = input.Get("data");
  if (data.IsTypedArray()) {
    const ByteView bytes = ToBytes(data);
    lane.Stage(index, dims, bytes.data, bytes.size);
  } else {
    lane.BindInput(index, dims, MemoryWrap::From(data));
  }
}

Target SetOutput(Lane& lane, uint32_t index, const Napi::Value& output) {
  if (output.IsUndefined()) {
    lane.Deliver(index, Lane::Delivery::kHost);
  } else if (output.IsTypedArray()) {
    lane.Deliver(index, Lane::Delivery::kHost);
    return Napi::Persistent(output.As<Napi::Object>());
  } else if (output.IsString()) {
    const bool keep = output.As<Napi::String>().Utf8Value() == "device";
    lane.Deliver(index, keep ? Lane::Delivery::kDevice : Lane::Delivery::kNone);
  } else {
    lane.BindOutput(index, MemoryWrap::From(output));
  }
  return {};
}

}  // namespace

Napi::Function SlotWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeSlot",
                     {InstanceMethod<&SlotWrap::Infer>("infer"),
                      InstanceMethod<&SlotWrap::InvalidateGraphs>("invalidateGraphs"),
                      InstanceMethod<&SlotWrap::ReleaseSlot>("release")});
}

Napi::Value SlotWrap::Infer(const Napi::CallbackInfo& info) {
  const JobClock::time_point called = JobClock::now();
  const Napi::Env env = info.Env();
  const std::shared_ptr<ExecutionSlot> slot = Alive(env);
  const size_t index = ToSize(info[0]);
  busy_->resize(slot->depth());
  if (index >= slot->depth() || (*busy_)[index]) {
    throw Napi::Error::New(env, "The slot has no free lane of that number");
  }
  // Taken before the arguments are read: a getter among them could call infer again.
  LaneLease lease(slot, busy_, index);
  Lane& lane = lease.lane();
  const auto inputs = info[1].As<Napi::Array>();
  const auto outputs = info[2].As<Napi::Array>();
  if (inputs.Length() != lane.inputs().size() || outputs.Length() != lane.outputs().size()) {
    throw Napi::TypeError::New(env, "Expected an entry for each input and output of the engine");
  }
  std::vector<Target> targets;
  Guarded(env, [&] {
    for (uint32_t i = 0; i < inputs.Length(); ++i) {
      SetInput(lane, i, inputs.Get(i).As<Napi::Object>());
    }
    for (uint32_t i = 0; i < outputs.Length(); ++i) {
      targets.push_back(SetOutput(lane, i, outputs.Get(i)));
    }
  });
  return PromiseWorker<InferOperation>::Start(
      env, "tensorrt_node.infer",
      {std::move(lease), std::move(targets), ToJobOptions(info[3]), called, {}, 0});
}

Napi::Value SlotWrap::InvalidateGraphs(const Napi::CallbackInfo& info) {
  return PromiseWorker<InvalidateOperation>::Start(info.Env(), "tensorrt_node.invalidateGraphs",
                                                   {Alive(info.Env())});
}

Napi::Value SlotWrap::ReleaseSlot(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<ExecutionSlot>>::Start(info.Env(), "tensorrt_node.release",
                                                               {Release()});
}

}  // namespace tensorrt_node
