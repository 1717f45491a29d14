#include "binding/gpu_monitor_wrap.h"

#include <memory>
#include <optional>
#include <utility>

#include "binding/addon_data.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct OpenMonitorOperation {
  int device;
  std::shared_ptr<GpuMonitor> monitor;

  void Run() { monitor = std::make_shared<GpuMonitor>(device); }
  Napi::Value Result(Napi::Env env) {
    return GpuMonitorWrap::Make(env, AddonData::Of(env).gpu_monitor, std::move(monitor));
  }
};

template <typename Number>
void SetKnown(Napi::Object target, const char* name, const std::optional<Number>& value) {
  if (value) target.Set(name, static_cast<double>(*value));
}

struct ReadGpuOperation {
  std::shared_ptr<GpuMonitor> monitor;
  GpuReading reading;

  void Run() { reading = monitor->Read(); }
  Napi::Value Result(Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("freeBytes", static_cast<double>(reading.memory.free_bytes));
    result.Set("totalBytes", static_cast<double>(reading.memory.total_bytes));
    SetKnown(result, "powerWatts", reading.power_watts);
    SetKnown(result, "energyJoules", reading.energy_joules);
    SetKnown(result, "temperatureCelsius", reading.temperature_celsius);
    SetKnown(result, "gpuPercent", reading.gpu_percent);
    SetKnown(result, "memoryPercent", reading.memory_percent);
    return result;
  }
};

}  // namespace

Napi::Function GpuMonitorWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeGpuMonitor",
                     {InstanceAccessor<&GpuMonitorWrap::Problem>("problem"),
                      InstanceMethod<&GpuMonitorWrap::Read>("read"),
                      InstanceMethod<&GpuMonitorWrap::ReleaseMonitor>("release")});
}

Napi::Value GpuMonitorWrap::Open(const Napi::CallbackInfo& info) {
  return PromiseWorker<OpenMonitorOperation>::Start(
      info.Env(), "tensorrt_node.openGpuMonitor",
      {info[0].As<Napi::Number>().Int32Value(), nullptr});
}

Napi::Value GpuMonitorWrap::Problem(const Napi::CallbackInfo& info) {
  const std::string& problem = Alive(info.Env())->problem();
  if (problem.empty()) return info.Env().Undefined();
  return Napi::String::New(info.Env(), problem);
}

Napi::Value GpuMonitorWrap::Read(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReadGpuOperation>::Start(info.Env(), "tensorrt_node.readGpu",
                                                {Alive(info.Env()), {}});
}

Napi::Value GpuMonitorWrap::ReleaseMonitor(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<GpuMonitor>>::Start(info.Env(), "tensorrt_node.release",
                                                            {Release()});
}

}  // namespace tensorrt_node
