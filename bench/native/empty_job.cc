// An addon whose only function runs nothing on libuv's thread pool and resolves a promise: the
// least that any asynchronous work of an addon costs.

#include <napi.h>

namespace {

class EmptyJob final : public Napi::AsyncWorker {
 public:
  explicit EmptyJob(Napi::Env env) : Napi::AsyncWorker(env, "empty_job"), deferred_(env) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  void Execute() override {}
  void OnOK() override { deferred_.Resolve(Env().Undefined()); }

  Napi::Promise::Deferred deferred_;
};

Napi::Value Run(const Napi::CallbackInfo& info) {
  auto* const job = new EmptyJob(info.Env());
  const Napi::Promise promise = job->promise();
  job->Queue();
  return promise;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("emptyJob", Napi::Function::New(env, Run, "emptyJob"));
  return exports;
}

}  // namespace

NODE_API_MODULE(empty_job, Init)
