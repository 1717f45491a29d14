#pragma once

#include <cstddef>
#include <cstdint>

// The part of the CUDA driver's C interface that the stand-in has. The types repeat the driver's
// ABI, so that no CUDA toolkit is needed to build.

#define STANDIN_EXPORT extern "C" __attribute__((visibility("default")))

enum CUresult : int {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_PERMITTED = 800,
  CUDA_ERROR_UNKNOWN = 999,
};

enum CUdevice_attribute : int {
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
};

constexpr unsigned CU_STREAM_NON_BLOCKING = 1;
constexpr unsigned CU_EVENT_BLOCKING_SYNC = 1;
constexpr unsigned CU_EVENT_DISABLE_TIMING = 2;

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUhostFn = void (*)(void* user_data);

STANDIN_EXPORT CUresult cuInit(unsigned flags);
STANDIN_EXPORT CUresult cuDriverGetVersion(int* version);
STANDIN_EXPORT CUresult cuGetErrorName(CUresult error, const char** name);
STANDIN_EXPORT CUresult cuGetErrorString(CUresult error, const char** text);

STANDIN_EXPORT CUresult cuDeviceGetCount(int* count);
STANDIN_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal);
STANDIN_EXPORT CUresult cuDeviceGetName(char* name, int capacity, CUdevice device);
STANDIN_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute,
                                             CUdevice device);
STANDIN_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device);

STANDIN_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
STANDIN_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
STANDIN_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context);
STANDIN_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context);
STANDIN_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
STANDIN_EXPORT CUresult cuCtxGetCurrent(CUcontext* context);
STANDIN_EXPORT CUresult cuCtxSynchronize();

STANDIN_EXPORT CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes);
STANDIN_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes);
STANDIN_EXPORT CUresult cuMemFree_v2(CUdeviceptr address);
STANDIN_EXPORT CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned flags);
STANDIN_EXPORT CUresult cuMemFreeHost(void* pointer);
STANDIN_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes,
                                        CUstream stream);

STANDIN_EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned flags);
STANDIN_EXPORT CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority);
STANDIN_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
STANDIN_EXPORT CUresult cuStreamSynchronize(CUstream stream);
STANDIN_EXPORT CUresult cuStreamQuery(CUstream stream);
STANDIN_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags);
STANDIN_EXPORT CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* user_data);

STANDIN_EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags);
STANDIN_EXPORT CUresult cuEventDestroy_v2(CUevent event);
STANDIN_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream);
STANDIN_EXPORT CUresult cuEventSynchronize(CUevent event);
STANDIN_EXPORT CUresult cuEventQuery(CUevent event);
STANDIN_EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end);
STANDIN_EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end);
