#pragma once

#include <napi.h>

#include "tensorrt/build_api.h"

namespace tensorrt_node {

/// A NativeBuildRequest of lib/native.ts. Bytes are copied.
BuildRequest ToBuildRequest(Napi::Value value);

/// An object of booleans; members that are undefined are left out.
Switches ToSwitches(Napi::Value value);

/// A NativeModelSupport of lib/native.ts.
Napi::Object FromModelSupport(Napi::Env env, const ModelSupport& support);

}  // namespace tensorrt_node
