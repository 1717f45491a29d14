#include "cuda/driver.h"

#include <cstdlib>
#include <string_view>
#include <utility>

namespace tensorrt_node {
namespace {

constexpr CUresult kCudaSuccess = 0;
constexpr CUresult kOutOfMemory = 2;

SharedLibrary OpenDriver(const std::string& path) {
  std::string reason;
  auto library = SharedLibrary::Open(path, reason);
  if (!library) {
    throw StatusError("ERR_NO_GPU",
                      "There is no usable NVIDIA driver on this machine: " + reason + ".")
        .WithRemedy(
            "Install the NVIDIA driver, or name its libcuda.so.1 in TENSORRT_NODE_LIBCUDA. "
            "Engines can be built without it, but not run.")
        .WithFile(path);
  }
  return std::move(*library);
}

std::string DriverPath() {
  const char* const path = std::getenv("TENSORRT_NODE_LIBCUDA");
  return path != nullptr && *path != '\0' ? path : "libcuda.so.1";
}

}  // namespace

const CudaDriver& CudaDriver::Get() {
  // Never destroyed: CUDA's own exit handlers run in an order nobody controls. A constructor that
  // throws leaves it unset, so the next call tries again.
  static const CudaDriver& driver = *new CudaDriver(DriverPath());
  return driver;
}

CudaDriver::CudaDriver(const std::string& path) : library_(OpenDriver(path)) {
  Resolve();
  const CUresult result = cuInit(0);
  if (result != kCudaSuccess) {
    const char* reason = nullptr;
    cuGetErrorString(result, &reason);
    throw StatusError("ERR_NO_GPU", std::string("The NVIDIA driver finds no usable GPU: ") +
                                        (reason == nullptr ? "unknown reason" : reason) +
                                        " (cuInit " + std::to_string(result) + ").")
        .WithRemedy("Engines can be built on this machine, but not run.");
  }
  Check(cuDriverGetVersion(&version_), "cuDriverGetVersion");
}

void CudaDriver::Resolve() {
  const auto resolve = [this](auto& function, const char* symbol) {
    function = library_.Symbol<std::decay_t<decltype(function)>>(symbol);
    if (function == nullptr) {
      throw StatusError("ERR_NO_GPU",
                        std::string("The NVIDIA driver is too old: it has no ") + symbol + ".")
          .WithRemedy("Update the driver.");
    }
  };
  resolve(cuInit, "cuInit");
  resolve(cuDriverGetVersion, "cuDriverGetVersion");
  resolve(cuGetErrorName, "cuGetErrorName");
  resolve(cuGetErrorString, "cuGetErrorString");
  resolve(cuDeviceGetCount, "cuDeviceGetCount");
  resolve(cuDeviceGet, "cuDeviceGet");
  resolve(cuDeviceGetName, "cuDeviceGetName");
  resolve(cuDeviceGetAttribute, "cuDeviceGetAttribute");
  resolve(cuDeviceTotalMem, "cuDeviceTotalMem_v2");
  resolve(cuDeviceGetPCIBusId, "cuDeviceGetPCIBusId");
  resolve(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain");
  resolve(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2");
  resolve(cuCtxPushCurrent, "cuCtxPushCurrent_v2");
  resolve(cuCtxPopCurrent, "cuCtxPopCurrent_v2");
  resolve(cuCtxGetStreamPriorityRange, "cuCtxGetStreamPriorityRange");
  resolve(cuMemGetInfo, "cuMemGetInfo_v2");
  resolve(cuPointerGetAttribute, "cuPointerGetAttribute");
  resolve(cuMemAlloc, "cuMemAlloc_v2");
  resolve(cuMemFree, "cuMemFree_v2");
  resolve(cuMemHostAlloc, "cuMemHostAlloc");
  resolve(cuMemFreeHost, "cuMemFreeHost");
  resolve(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2");
  resolve(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2");
  resolve(cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2");
  resolve(cuMemcpyPeerAsync, "cuMemcpyPeerAsync");
  resolve(cuMemsetD8Async, "cuMemsetD8Async");
  resolve(cuMemPoolCreate, "cuMemPoolCreate");
  resolve(cuMemPoolDestroy, "cuMemPoolDestroy");
  resolve(cuMemPoolSetAttribute, "cuMemPoolSetAttribute");
  resolve(cuMemPoolTrimTo, "cuMemPoolTrimTo");
  resolve(cuMemAllocFromPoolAsync, "cuMemAllocFromPoolAsync");
  resolve(cuMemFreeAsync, "cuMemFreeAsync");
  resolve(cuStreamCreateWithPriority, "cuStreamCreateWithPriority");
  resolve(cuStreamDestroy, "cuStreamDestroy_v2");
  resolve(cuStreamSynchronize, "cuStreamSynchronize");
  resolve(cuStreamWaitEvent, "cuStreamWaitEvent");
  resolve(cuStreamBeginCapture, "cuStreamBeginCapture_v2");
  resolve(cuStreamEndCapture, "cuStreamEndCapture");
  resolve(cuEventCreate, "cuEventCreate");
  resolve(cuEventDestroy, "cuEventDestroy_v2");
  resolve(cuEventRecord, "cuEventRecord");
  resolve(cuEventSynchronize, "cuEventSynchronize");
  resolve(cuEventQuery, "cuEventQuery");
  resolve(cuEventElapsedTime, "cuEventElapsedTime");
  resolve(cuGraphInstantiate, "cuGraphInstantiateWithFlags");
  resolve(cuGraphLaunch, "cuGraphLaunch");
  resolve(cuGraphExecDestroy, "cuGraphExecDestroy");
  resolve(cuGraphDestroy, "cuGraphDestroy");
}

void CudaDriver::Check(CUresult result, const char* call) const {
  if (result == kCudaSuccess) return;
  const char* name = nullptr;
  const char* text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  const bool out_of_memory = result == kOutOfMemory && std::string_view(call) != "cuMemHostAlloc";
  throw StatusError(out_of_memory ? "ERR_GPU_MEMORY" : "ERR_CUDA",
                    std::string(call) + " failed: " + (text == nullptr ? "unknown reason" : text) +
                        " (" + (name == nullptr ? std::to_string(result) : name) + ").");
}

}  // namespace tensorrt_node
