// An addon with the cheapest jobs there can be on libuv's thread pool: one that does nothing, and
// one that is the plain inference of plain_loop.cc with nothing around it. What the second costs
// beyond the inference itself, no addon can avoid that waits for the device on a thread of the
// pool.

#include <napi.h>

#include <memory>
#include <string>

#include "inference_loop.h"

namespace tensorrt_node::bench {
namespace {

class Job final : public Napi::AsyncWorker {
 public:
  /// @param loop null for a job that does nothing.
  Job(Napi::Env env, std::shared_ptr<InferenceLoop> loop)
      : Napi::AsyncWorker(env, "bench_job"), loop_(std::move(loop)), deferred_(env) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  void Execute() override {
    if (loop_) loop_->Infer(feeds_);
  }
  void OnOK() override { deferred_.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  const std::shared_ptr<InferenceLoop> loop_;
  const Feeds feeds_;
  Napi::Promise::Deferred deferred_;
};

Napi::Value Start(Napi::Env env, std::shared_ptr<InferenceLoop> loop) {
  auto* const job = new Job(env, std::move(loop));
  const Napi::Promise promise = job->promise();
  job->Queue();
  return promise;
}

Napi::Value EmptyJob(const Napi::CallbackInfo& info) { return Start(info.Env(), nullptr); }

/// (library, plan) -> a function that runs one inference at a time.
Napi::Value OpenPlainJob(const Napi::CallbackInfo& info) {
  const std::shared_ptr<InferenceLoop> loop =
      MakePlainLoop(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  return Napi::Function::New(
      info.Env(), [loop](const Napi::CallbackInfo& call) { return Start(call.Env(), loop); },
      "plainJob");
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("emptyJob", Napi::Function::New(env, EmptyJob, "emptyJob"));
  exports.Set("openPlainJob", Napi::Function::New(env, OpenPlainJob, "openPlainJob"));
  return exports;
}

}  // namespace
}  // namespace tensorrt_node::bench

namespace {

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return tensorrt_node::bench::Init(env, exports);
}

}  // namespace

NODE_API_MODULE(jobs, InitAddon)
