#include "binding/file_lock_wrap.h"

#include <memory>
#include <utility>

#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

struct TryLockOperation {
  std::string path;
  FileLock::Mode mode;
  std::shared_ptr<FileLock> lock;

  void Run() { lock = FileLock::Try(path, mode); }
  Napi::Value Result(Napi::Env env) {
    if (!lock) return env.Undefined();
    return FileLockWrap::Make(env, AddonData::Of(env).file_lock, std::move(lock));
  }
};

}  // namespace

Napi::Function FileLockWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeFileLock", {InstanceMethod<&FileLockWrap::Release>("release")});
}

Napi::Value FileLockWrap::TryLock(const Napi::CallbackInfo& info) {
  TryLockOperation operation{
      info[0].As<Napi::String>(),
      info[1].As<Napi::Boolean>() ? FileLock::Mode::kShared : FileLock::Mode::kExclusive, nullptr};
  return PromiseWorker<TryLockOperation>::Start(info.Env(), "tensorrt_node.tryLockFile",
                                                std::move(operation));
}

void FileLockWrap::Release(const Napi::CallbackInfo&) { Wrapped::Release(); }

}  // namespace tensorrt_node
