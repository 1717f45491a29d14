#pragma once

#include <napi.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tensorrt/api.h"

namespace tensorrt_node {

/// What a running build tells, kept until JavaScript asks for it. Polling instead of calling into
/// JavaScript from TensorRT's threads leaves nothing that could run during a teardown.
class BuildProgress final : public BuildObserver {
 public:
  struct Event {
    enum class Kind { kPhaseStarted, kPhaseFinished, kLog };
    Kind kind;
    std::string text;
    Severity severity;
    double elapsed_ms;
  };

  explicit BuildProgress(Severity log_level) : log_level_(log_level) {}

  void Cancel() { cancelled_ = true; }
  std::vector<Event> Drain();

  bool Cancelled() const noexcept override { return cancelled_; }
  void PhaseStarted(const std::string& name) noexcept override;
  void PhaseFinished(const std::string& name) noexcept override;
  void Log(Severity severity, const std::string& line) noexcept override;

 private:
  void Add(Event::Kind kind, const std::string& text, Severity severity) noexcept;

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const Severity log_level_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<Event> events_;
};

/// JavaScript: new BuildMonitor(logLevel: 0..4).
class BuildMonitorWrap final : public Napi::ObjectWrap<BuildMonitorWrap> {
 public:
  static Napi::Function Define(Napi::Env env);

  /// The monitor behind a JavaScript argument; a TypeError for any other value.
  static std::shared_ptr<BuildProgress> From(Napi::Value value);

  explicit BuildMonitorWrap(const Napi::CallbackInfo& info);

 private:
  /// [sync] Asks the build to stop at its next step.
  void Cancel(const Napi::CallbackInfo& info);

  /// [sync] -> { kind, text, severity, elapsedMs }[] since the last call.
  Napi::Value Drain(const Napi::CallbackInfo& info);

  std::shared_ptr<BuildProgress> progress_;
};

}  // namespace tensorrt_node
