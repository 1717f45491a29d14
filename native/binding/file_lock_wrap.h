#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "file_lock.h"

namespace tensorrt_node {

/// JavaScript: NativeFileLock. Collected or left to a worker thread that ends, it releases the
/// lock.
class FileLockWrap final : public Wrapped<FileLockWrap, FileLock> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

  /// [async] tryLockFile(path: string, shared: boolean) -> NativeFileLock | undefined.
  /// Rejects with ERR_FILE.
  static Napi::Value TryLock(const Napi::CallbackInfo& info);

 private:
  /// [sync] Idempotent.
  void Release(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
