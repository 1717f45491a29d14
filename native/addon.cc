// What JavaScript sees of the native side; lib/native.ts has its types.

#include <napi.h>

#include "binding/addon_data.h"
#include "binding/build_monitor.h"
#include "binding/calibration.h"
#include "binding/devices.h"
#include "binding/engine_wrap.h"
#include "binding/file_lock_wrap.h"
#include "binding/gpu_monitor_wrap.h"
#include "binding/library_wrap.h"
#include "binding/load_engine.h"
#include "binding/memory_wrap.h"
#include "binding/runtime_cache_wrap.h"
#include "binding/slot_wrap.h"

namespace tensorrt_node {
namespace {

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  auto* const data = new AddonData;
  data->library = Napi::Persistent(LibraryWrap::Define(env));
  data->engine = Napi::Persistent(EngineWrap::Define(env));
  data->slot = Napi::Persistent(SlotWrap::Define(env));
  data->memory = Napi::Persistent(MemoryWrap::Define(env));
  data->gpu_monitor = Napi::Persistent(GpuMonitorWrap::Define(env));
  data->runtime_cache = Napi::Persistent(RuntimeCacheWrap::Define(env));
  data->monitor = Napi::Persistent(BuildMonitorWrap::Define(env));
  data->file_lock = Napi::Persistent(FileLockWrap::Define(env));
  env.SetInstanceData(data);

  exports.Set("openLibrary", Napi::Function::New<LibraryWrap::Open>(env, "openLibrary"));
  exports.Set("listDevices", Napi::Function::New<ListDevicesForJs>(env, "listDevices"));
  exports.Set("allocateDevice",
              Napi::Function::New<MemoryWrap::AllocateDevice>(env, "allocateDevice"));
  exports.Set("allocatePinned",
              Napi::Function::New<MemoryWrap::AllocatePinned>(env, "allocatePinned"));
  exports.Set("trimDeviceMemory",
              Napi::Function::New<MemoryWrap::TrimDevice>(env, "trimDeviceMemory"));
  exports.Set("tryLockFile", Napi::Function::New<FileLockWrap::TryLock>(env, "tryLockFile"));
  exports.Set("openGpuMonitor", Napi::Function::New<GpuMonitorWrap::Open>(env, "openGpuMonitor"));
  exports.Set("memoryInfo", Napi::Function::New<StartMemoryInfo>(env, "memoryInfo"));
  exports.Set("BuildMonitor", data->monitor.Value());
  RegisterCalibration(env, exports);
  return exports;
}

}  // namespace
}  // namespace tensorrt_node

using tensorrt_node::Initialize;
NODE_API_MODULE(tensorrt_node, Initialize)
