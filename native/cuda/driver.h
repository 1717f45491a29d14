#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "loader/shared_library.h"
#include "status_error.h"

// The types of the CUDA driver API that the package uses, declared here because no CUDA toolkit is
// needed to build it. They are part of the driver's stable ABI.
using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUstream = struct CUstream_st*;

namespace tensorrt_node {

/// The CUDA driver (libcuda.so.1), opened at run time: every function is resolved when it is first
/// opened, so a call cannot fail for a missing symbol later.
class CudaDriver {
 public:
  /// The process's driver, initialised.
  ///
  /// Looks at the environment variable TENSORRT_NODE_LIBCUDA (a path), then where the loader looks.
  /// @throws StatusError ERR_NO_GPU with the reason
  static const CudaDriver& Get();

  CudaDriver(const CudaDriver&) = delete;
  CudaDriver& operator=(const CudaDriver&) = delete;

  /// Throws ERR_CUDA, naming the call and CUDA's reason, unless `result` is success.
  void Check(CUresult result, const char* call) const;

  /// Major times 1000 plus minor times 10, as CUDA counts: 13010 is CUDA 13.1.
  int version() const { return version_; }

  CUresult (*cuInit)(unsigned int flags);
  CUresult (*cuDriverGetVersion)(int* version);
  CUresult (*cuGetErrorName)(CUresult error, const char** text);
  CUresult (*cuGetErrorString)(CUresult error, const char** text);
  CUresult (*cuDeviceGetCount)(int* count);
  CUresult (*cuDeviceGet)(CUdevice* device, int ordinal);
  CUresult (*cuDeviceGetName)(char* name, int length, CUdevice device);
  CUresult (*cuDeviceGetAttribute)(int* value, int attribute, CUdevice device);
  CUresult (*cuDeviceTotalMem)(size_t* bytes, CUdevice device);
  CUresult (*cuDevicePrimaryCtxRetain)(CUcontext* context, CUdevice device);
  CUresult (*cuDevicePrimaryCtxRelease)(CUdevice device);
  CUresult (*cuCtxPushCurrent)(CUcontext context);
  CUresult (*cuCtxPopCurrent)(CUcontext* context);
  CUresult (*cuMemGetInfo)(size_t* free_bytes, size_t* total_bytes);
  CUresult (*cuPointerGetAttribute)(void* value, int attribute, CUdeviceptr pointer);
  CUresult (*cuMemAlloc)(CUdeviceptr* pointer, size_t bytes);
  CUresult (*cuMemFree)(CUdeviceptr pointer);
  CUresult (*cuMemHostAlloc)(void** pointer, size_t bytes, unsigned int flags);
  CUresult (*cuMemFreeHost)(void* pointer);
  CUresult (*cuMemcpyHtoDAsync)(CUdeviceptr target, const void* source, size_t bytes,
                                CUstream stream);
  CUresult (*cuMemcpyDtoHAsync)(void* target, CUdeviceptr source, size_t bytes, CUstream stream);
  CUresult (*cuStreamCreate)(CUstream* stream, unsigned int flags);
  CUresult (*cuStreamDestroy)(CUstream stream);
  CUresult (*cuStreamSynchronize)(CUstream stream);

 private:
  explicit CudaDriver(const std::string& path);
  void Resolve();

  SharedLibrary library_;
  int version_ = 0;
};

}  // namespace tensorrt_node
