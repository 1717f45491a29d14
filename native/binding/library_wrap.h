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

  /// [async] openLibrary({ core, parser, plugins }) -> NativeLibrary. All are paths; the last two
  /// may be empty. Rejects with ERR_TRT_LIBRARY_NOT_FOUND or ERR_TRT_LIBRARY_VERSION.
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  /// [sync] -> 'tensorrt' | 'tensorrt-rtx'
  Napi::Value Product(const Napi::CallbackInfo& info);

  /// [sync] -> major.minor.patch.build
  Napi::Value Version(const Napi::CallbackInfo& info);

  /// [sync] -> the number by which the ONNX parser tells its version; 0 where it tells none.
  Napi::Value ParserVersion(const Napi::CallbackInfo& info);

  /// [async] build(request, monitor: BuildMonitor) -> { plan?, planBytes, timingCache? }.
  /// Rejects with ERR_TRT_PARSE, ERR_TRT_BUILD, ERR_UNSUPPORTED, ERR_FILE or CANCELLED.
  Napi::Value Build(const Napi::CallbackInfo& info);

  /// [async] checkModel(path, parserFlags) -> { supported, subgraphs, errors }.
  /// Rejects with ERR_FILE or ERR_UNSUPPORTED.
  Napi::Value CheckModel(const Napi::CallbackInfo& info);

  /// [async] combineTimingCaches(first: Uint8Array, second: Uint8Array) -> Buffer with both.
  /// Rejects with ERR_TRT_BUILD or ERR_UNSUPPORTED.
  Napi::Value CombineTimingCaches(const Napi::CallbackInfo& info);

  /// [async] loadPlugins(path). Rejects with ERR_TRT_LIBRARY_NOT_FOUND or ERR_TRT_LIBRARY_VERSION.
  Napi::Value LoadPlugins(const Napi::CallbackInfo& info);

  /// [async] plugins() -> string[]. Rejects with ERR_UNSUPPORTED.
  Napi::Value Plugins(const Napi::CallbackInfo& info);

  // load_engine.h says what these do.
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value CheckEngine(const Napi::CallbackInfo& info);
};

}  // namespace tensorrt_node
