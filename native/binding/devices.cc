#include "binding/devices.h"

#include <string>

#include "binding/errors.h"
#include "cuda/device.h"

namespace tensorrt_node {

Napi::Value ListDevicesForJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    const std::vector<DeviceInfo> devices = ListDevices();
    Napi::Array list = Napi::Array::New(env, devices.size());
    for (uint32_t i = 0; i < devices.size(); ++i) {
      const DeviceInfo& device = devices[i];
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("ordinal", device.ordinal);
      entry.Set("name", device.name);
      entry.Set("computeCapability",
                std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor));
      entry.Set("multiprocessors", device.multiprocessors);
      entry.Set("memoryBytes", static_cast<double>(device.memory_bytes));
      list.Set(i, entry);
    }
    const int version = CudaDriver::Get().version();
    Napi::Object result = Napi::Object::New(env);
    result.Set("driverVersion",
               std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10));
    result.Set("devices", list);
    return result;
  });
}

}  // namespace tensorrt_node
