#include "binding/slot_options.h"

#include <string>

#include "binding/convert.h"
#include "binding/runtime_cache_wrap.h"

namespace tensorrt_node {
namespace {

StreamPriority ToPriority(const std::string& name) {
  if (name == "high") return StreamPriority::kHigh;
  if (name == "low") return StreamPriority::kLow;
  return StreamPriority::kNormal;
}

}  // namespace

SlotOptions ToSlotOptions(Napi::Object value) {
  SlotOptions options;
  options.context.profile = value.Get("profile").As<Napi::Number>().Int32Value();
  options.context.memory = ToText(value.Get("memory"));
  options.context.kernel_specialization = ToText(value.Get("kernelSpecialization"));
  options.context.cuda_graph_strategy = ToText(value.Get("cudaGraphStrategy"));
  const Napi::Value cache = value.Get("runtimeCache");
  if (!cache.IsUndefined()) options.context.runtime_cache = RuntimeCacheWrap::From(cache)->cache();
  options.depth = value.Get("depth").As<Napi::Number>().Int32Value();
  options.priority = ToPriority(ToText(value.Get("priority")));
  options.graphs = ToSize(value.Get("graphs"));
  options.wait = ToText(value.Get("wait")) == "spin" ? Waiting::kSpin : Waiting::kBlock;
  return options;
}

JobOptions ToJobOptions(Napi::Value value) {
  JobOptions options;
  if (value.IsUndefined()) return options;
  const auto object = value.As<Napi::Object>();
  options.timed = object.Get("timed").ToBoolean();
  options.profiled = object.Get("profiled").ToBoolean();
  const Napi::Value tensors = object.Get("debugTensors");
  if (!tensors.IsUndefined()) options.debug_tensors = ToStrings(tensors);
  return options;
}

}  // namespace tensorrt_node
