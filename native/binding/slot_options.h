#pragma once

#include <napi.h>

#include "session/execution_slot.h"

namespace tensorrt_node {

/// NativeSlotOptions of lib/native.ts.
SlotOptions ToSlotOptions(Napi::Object value);

/// NativeJobOptions of lib/native.ts; undefined asks for nothing special.
JobOptions ToJobOptions(Napi::Value value);

}  // namespace tensorrt_node
