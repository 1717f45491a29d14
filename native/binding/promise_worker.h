#pragma once

#include <napi.h>

#include <optional>
#include <utility>

#include "binding/errors.h"
#include "status_error.h"

namespace tensorrt_node {

/// Runs an operation on libuv's thread pool and settles a promise with its outcome.
///
/// `Operation` is a movable struct with
///   void Run();                      pool thread; no napi; throws StatusError
///   Napi::Value Result(Napi::Env);   JavaScript thread, after a Run that did not throw
/// and must hold everything that Run touches by value or by shared ownership.
template <typename Operation>
class PromiseWorker final : public Napi::AsyncWorker {
 public:
  /// JavaScript thread. `name` shows in async_hooks and diagnostics, for example
  /// "tensorrt_node.build".
  static Napi::Promise Start(Napi::Env env, const char* name, Operation operation) {
    auto* const worker = new PromiseWorker(env, name, std::move(operation));
    const Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    return promise;
  }

 private:
  PromiseWorker(Napi::Env env, const char* name, Operation operation)
      : Napi::AsyncWorker(env, name), operation_(std::move(operation)), deferred_(env) {}

  void Execute() override {
    try {
      operation_.Run();
    } catch (const StatusError& error) {
      failure_ = error;
    } catch (const std::exception& error) {
      failure_ = StatusError("ERR_ADDON", std::string("Unexpected failure: ") + error.what());
    } catch (...) {
      failure_ = StatusError("ERR_ADDON", "Unexpected failure of an unknown kind.");
    }
  }

  void OnOK() override {
    const Napi::HandleScope scope(Env());
    try {
      if (failure_) {
        deferred_.Reject(ToJsError(Env(), *failure_));
      } else {
        deferred_.Resolve(operation_.Result(Env()));
      }
    } catch (const StatusError& error) {
      Reject(ToJsError(Env(), error));
    } catch (const Napi::Error& error) {
      Reject(error.Value());
    }
  }

  /// A worker thread that is being terminated cannot run JavaScript: then there is nobody to tell.
  void Reject(Napi::Value reason) {
    try {
      deferred_.Reject(reason);
    } catch (const Napi::Error&) {
    }
  }

  Operation operation_;
  Napi::Promise::Deferred deferred_;
  std::optional<StatusError> failure_;
};

}  // namespace tensorrt_node
