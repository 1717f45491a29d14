#include "binding/build_monitor.h"

#include <utility>

namespace tensorrt_node {
namespace {

// Any value that other addons do not use.
constexpr napi_type_tag kMonitorTag = {0x2f6f1c9a5b7d4e03, 0x91c3a8d7e45b2f60};

const char* KindName(BuildProgress::Event::Kind kind) {
  switch (kind) {
    case BuildProgress::Event::Kind::kPhaseStarted:
      return "phaseStarted";
    case BuildProgress::Event::Kind::kPhaseFinished:
      return "phaseFinished";
    case BuildProgress::Event::Kind::kLog:
      break;
  }
  return "log";
}

}  // namespace

std::vector<BuildProgress::Event> BuildProgress::Drain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(events_, {});
}

void BuildProgress::PhaseStarted(const std::string& name) noexcept {
  Add(Event::Kind::kPhaseStarted, name, Severity::kInfo);
}

void BuildProgress::PhaseFinished(const std::string& name) noexcept {
  Add(Event::Kind::kPhaseFinished, name, Severity::kInfo);
}

void BuildProgress::Log(Severity severity, const std::string& line) noexcept {
  if (severity <= log_level_) Add(Event::Kind::kLog, line, severity);
}

void BuildProgress::Add(Event::Kind kind, const std::string& text, Severity severity) noexcept {
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start_;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back({kind, text, severity, elapsed.count()});
  } catch (...) {
    // Out of memory: the build itself will tell, an event is not worth ending the process.
  }
}

Napi::Function BuildMonitorWrap::Define(Napi::Env env) {
  return DefineClass(env, "BuildMonitor",
                     {InstanceMethod<&BuildMonitorWrap::Cancel>("cancel"),
                      InstanceMethod<&BuildMonitorWrap::Drain>("drain")});
}

BuildMonitorWrap::BuildMonitorWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<BuildMonitorWrap>(info),
      progress_(std::make_shared<BuildProgress>(
          static_cast<Severity>(info[0].As<Napi::Number>().Int32Value()))) {
  info.This().As<Napi::Object>().TypeTag(&kMonitorTag);
}

std::shared_ptr<BuildProgress> BuildMonitorWrap::From(Napi::Value value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kMonitorTag)) {
    throw Napi::TypeError::New(value.Env(), "Expected a BuildMonitor");
  }
  return Unwrap(value.As<Napi::Object>())->progress_;
}

void BuildMonitorWrap::Cancel(const Napi::CallbackInfo& /*info*/) { progress_->Cancel(); }

Napi::Value BuildMonitorWrap::Drain(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::vector<BuildProgress::Event> events = progress_->Drain();
  Napi::Array result = Napi::Array::New(env, events.size());
  for (uint32_t i = 0; i < events.size(); ++i) {
    Napi::Object event = Napi::Object::New(env);
    event.Set("kind", KindName(events[i].kind));
    event.Set("text", events[i].text);
    event.Set("severity", static_cast<int>(events[i].severity));
    event.Set("elapsedMs", events[i].elapsed_ms);
    result.Set(i, event);
  }
  return result;
}

}  // namespace tensorrt_node
