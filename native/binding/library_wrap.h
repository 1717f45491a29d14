#pragma once

#include <napi.h>

#include "binding/wrapped.h"
#include "loader/tensorrt_library.h"

namespace tensorrt_node {

/// JavaScript: NativeLibrary, an opened TensorRT.
class LibraryWrap final : public Wrapped<LibraryWrap, TensorRTLibrary> {
 public:
  using Wrapped::Wrapped;
  static Napi::Function Define(Napi::Env env);

  /// [async] openLibrary(core: string, parser: string) -> NativeLibrary. `parser` may be empty.
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  /// [sync] -> 'tensorrt' | 'tensorrt-rtx'
  Napi::Value Product(const Napi::CallbackInfo& info);

  /// [sync] -> major.minor.patch.build
  Napi::Value Version(const Napi::CallbackInfo& info);

  /// [async] build(request, monitor: BuildMonitor) -> Buffer with the plan.
  /// Rejects with ERR_TRT_PARSE, ERR_TRT_BUILD or CANCELLED.
  Napi::Value Build(const Napi::CallbackInfo& info);

  // load_engine.h says what these do.
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value CheckEngine(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
