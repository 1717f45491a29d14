#pragma once

#include <napi.h>

#include <utility>

#include "status_error.h"

namespace tensorrt_node {

/// The error as lib/native.ts expects it: an Error with the fields of a TensorRTError in `details`.
Napi::Value ToJsError(Napi::Env env, const StatusError& error);

/// A RecordedError of lib/errors.ts.
Napi::Object FromRecordedError(Napi::Env env, const RecordedError& error);

/// Runs `body` on the JavaScript thread and turns a StatusError into a JavaScript exception.
template <typename Body>
auto Guarded(Napi::Env env, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const StatusError& error) {
    throw Napi::Error(env, ToJsError(env, error));
  }
}

}  // namespace tensorrt_node
