#pragma once

#include <napi.h>

namespace tensorrt_node {

/// [sync] listDevices() -> { driverVersion, devices: { ordinal, name, computeCapability,
/// memoryBytes }[] }. Throws ERR_NO_GPU.
Napi::Value ListDevicesForJs(const Napi::CallbackInfo& info);

}  // namespace tensorrt_node
