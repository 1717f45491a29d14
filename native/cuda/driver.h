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
using CUevent = struct CUevent_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUmemoryPool = struct CUmemPoolHandle_st*;

/// CUmemPoolProps: what a memory pool is made of.
struct CUmemPoolProps {
  int alloc_type;
  int handle_types;
  int location_type;
  int location_id;
  void* security_attributes;
  size_t max_size;
  unsigned short usage;
  unsigned char reserved[54];
};
static_assert(sizeof(CUmemPoolProps) == 88, "as the driver lays it out");

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
  CUresult (*cuDeviceGetPCIBusId)(char* id, int length, CUdevice device);
  CUresult (*cuDevicePrimaryCtxRetain)(CUcontext* context, CUdevice device);
  CUresult (*cuDevicePrimaryCtxRelease)(CUdevice device);
  CUresult (*cuCtxPushCurrent)(CUcontext context);
  CUresult (*cuCtxPopCurrent)(CUcontext* context);
  CUresult (*cuCtxGetStreamPriorityRange)(int* least, int* greatest);
  CUresult (*cuMemGetInfo)(size_t* free_bytes, size_t* total_bytes);
  CUresult (*cuPointerGetAttribute)(void* value, int attribute, CUdeviceptr pointer);
  CUresult (*cuMemAlloc)(CUdeviceptr* pointer, size_t bytes);
  CUresult (*cuMemFree)(CUdeviceptr pointer);
  CUresult (*cuMemHostAlloc)(void** pointer, size_t bytes, unsigned int flags);
  CUresult (*cuMemFreeHost)(void* pointer);
  CUresult (*cuMemcpyHtoDAsync)(CUdeviceptr target, const void* source, size_t bytes,
                                CUstream stream);
  CUresult (*cuMemcpyDtoHAsync)(void* target, CUdeviceptr source, size_t bytes, CUstream stream);
  CUresult (*cuMemcpyDtoDAsync)(CUdeviceptr target, CUdeviceptr source, size_t bytes,
                                CUstream stream);
  CUresult (*cuMemcpyPeerAsync)(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                                CUcontext source_context, size_t bytes, CUstream stream);
  CUresult (*cuMemsetD8Async)(CUdeviceptr target, unsigned char value, size_t bytes,
                              CUstream stream);
  CUresult (*cuMemPoolCreate)(CUmemoryPool* pool, const CUmemPoolProps* properties);
  CUresult (*cuMemPoolDestroy)(CUmemoryPool pool);
  CUresult (*cuMemPoolSetAttribute)(CUmemoryPool pool, int attribute, void* value);
  CUresult (*cuMemPoolTrimTo)(CUmemoryPool pool, size_t bytes_to_keep);
  CUresult (*cuMemAllocFromPoolAsync)(CUdeviceptr* pointer, size_t bytes, CUmemoryPool pool,
                                      CUstream stream);
  CUresult (*cuMemFreeAsync)(CUdeviceptr pointer, CUstream stream);
  CUresult (*cuStreamCreateWithPriority)(CUstream* stream, unsigned int flags, int priority);
  CUresult (*cuStreamDestroy)(CUstream stream);
  CUresult (*cuStreamSynchronize)(CUstream stream);
  CUresult (*cuStreamWaitEvent)(CUstream stream, CUevent event, unsigned int flags);
  CUresult (*cuStreamBeginCapture)(CUstream stream, int mode);
  CUresult (*cuStreamEndCapture)(CUstream stream, CUgraph* graph);
  CUresult (*cuEventCreate)(CUevent* event, unsigned int flags);
  CUresult (*cuEventDestroy)(CUevent event);
  CUresult (*cuEventRecord)(CUevent event, CUstream stream);
  CUresult (*cuEventSynchronize)(CUevent event);
  CUresult (*cuEventQuery)(CUevent event);
  CUresult (*cuEventElapsedTime)(float* milliseconds, CUevent start, CUevent end);
  CUresult (*cuGraphInstantiate)(CUgraphExec* executable, CUgraph graph, unsigned long long flags);
  CUresult (*cuGraphLaunch)(CUgraphExec executable, CUstream stream);
  CUresult (*cuGraphExecDestroy)(CUgraphExec executable);
  CUresult (*cuGraphDestroy)(CUgraph graph);

 private:
  explicit CudaDriver(const std::string& path);
  void Resolve();

  SharedLibrary library_;
  int version_ = 0;
};

}  // namespace tensorrt_node
