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
  CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_PEER_ACCESS_UNSUPPORTED = 217,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_ILLEGAL_STATE = 401,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
  CUDA_ERROR_PEER_ACCESS_NOT_ENABLED = 705,
  CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_PERMITTED = 800,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_MERGE = 902,
  CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
  CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
  CUDA_ERROR_STREAM_CAPTURE_ISOLATION = 905,
  CUDA_ERROR_STREAM_CAPTURE_IMPLICIT = 906,
  CUDA_ERROR_CAPTURED_EVENT = 907,
  CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD = 908,
  CUDA_ERROR_UNKNOWN = 999,
};

enum CUdevice_attribute : int {
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
  CU_DEVICE_ATTRIBUTE_PCI_BUS_ID = 33,
  CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID = 34,
  CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT = 40,
  CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41,
  CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID = 50,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED = 115,
};

enum CUpointer_attribute : int {
  CU_POINTER_ATTRIBUTE_CONTEXT = 1,
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9,
};

enum CUmemorytype : unsigned {
  CU_MEMORYTYPE_HOST = 1,
  CU_MEMORYTYPE_DEVICE = 2,
};

enum CUmemPool_attribute : int {
  CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES = 1,
  CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC = 2,
  CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES = 3,
  CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4,
  CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT = 5,
  CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH = 6,
  CU_MEMPOOL_ATTR_USED_MEM_CURRENT = 7,
  CU_MEMPOOL_ATTR_USED_MEM_HIGH = 8,
};

constexpr int CU_MEM_ALLOCATION_TYPE_PINNED = 1;
constexpr int CU_MEM_LOCATION_TYPE_DEVICE = 1;

struct CUmemLocation {
  int type;
  int id;
};

struct CUmemPoolProps {
  int allocType;
  int handleTypes;
  CUmemLocation location;
  void* win32SecurityAttributes;
  size_t maxSize;
  unsigned short usage;
  unsigned char reserved[54];
};

struct CUuuid {
  unsigned char bytes[16];
};

enum CUstreamCaptureMode : int {
  CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
  CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
  CU_STREAM_CAPTURE_MODE_RELAXED = 2,
};

enum CUstreamCaptureStatus : int {
  CU_STREAM_CAPTURE_STATUS_NONE = 0,
  CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
  CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2,
};

constexpr unsigned CU_STREAM_NON_BLOCKING = 1;
constexpr unsigned CU_EVENT_BLOCKING_SYNC = 1;
constexpr unsigned CU_EVENT_DISABLE_TIMING = 2;

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUmemoryPool = struct CUmemPoolHandle_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUgraphNode = struct CUgraphNode_st*;
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

STANDIN_EXPORT CUresult cuDeviceGetPCIBusId(char* bus_id, int capacity, CUdevice device);
STANDIN_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device);
STANDIN_EXPORT CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer);

STANDIN_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
STANDIN_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
STANDIN_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context);
STANDIN_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context);
STANDIN_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
STANDIN_EXPORT CUresult cuCtxGetCurrent(CUcontext* context);
STANDIN_EXPORT CUresult cuCtxGetDevice(CUdevice* device);
STANDIN_EXPORT CUresult cuCtxSynchronize();
STANDIN_EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest);
STANDIN_EXPORT CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags);
STANDIN_EXPORT CUresult cuCtxDisablePeerAccess(CUcontext peer);

STANDIN_EXPORT CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes);
STANDIN_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes);
STANDIN_EXPORT CUresult cuMemFree_v2(CUdeviceptr address);
STANDIN_EXPORT CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned flags);
STANDIN_EXPORT CUresult cuMemFreeHost(void* pointer);
STANDIN_EXPORT CUresult cuPointerGetAttribute(void* value, CUpointer_attribute attribute,
                                              CUdeviceptr address);

STANDIN_EXPORT CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice device);
STANDIN_EXPORT CUresult cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps* properties);
STANDIN_EXPORT CUresult cuMemPoolDestroy(CUmemoryPool pool);
STANDIN_EXPORT CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                              void* value);
STANDIN_EXPORT CUresult cuMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                              void* value);
STANDIN_EXPORT CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t bytes);
STANDIN_EXPORT CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream stream);
STANDIN_EXPORT CUresult cuMemAllocFromPoolAsync(CUdeviceptr* address, size_t bytes,
                                                CUmemoryPool pool, CUstream stream);
STANDIN_EXPORT CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream);

STANDIN_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes);
STANDIN_EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes);
STANDIN_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t bytes);
STANDIN_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                             CUstream stream);
STANDIN_EXPORT CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                                          CUcontext from_context, size_t bytes, CUstream stream);
STANDIN_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes,
                                        CUstream stream);

STANDIN_EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned flags);
STANDIN_EXPORT CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority);
STANDIN_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
STANDIN_EXPORT CUresult cuStreamGetPriority(CUstream stream, int* priority);
STANDIN_EXPORT CUresult cuStreamGetFlags(CUstream stream, unsigned* flags);
STANDIN_EXPORT CUresult cuStreamGetCtx(CUstream stream, CUcontext* context);
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

STANDIN_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode);
STANDIN_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph);
STANDIN_EXPORT CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status);
/// Only status and id; the other results have to be null.
STANDIN_EXPORT CUresult cuStreamGetCaptureInfo_v2(CUstream stream, CUstreamCaptureStatus* status,
                                                  uint64_t* id, CUgraph* graph,
                                                  const CUgraphNode** dependencies,
                                                  size_t* dependency_count);
STANDIN_EXPORT CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode);

/// Only counts: `nodes` has to be null.
STANDIN_EXPORT CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count);
STANDIN_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph,
                                                    unsigned long long flags);
STANDIN_EXPORT CUresult cuGraphUpload(CUgraphExec exec, CUstream stream);
STANDIN_EXPORT CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream);
STANDIN_EXPORT CUresult cuGraphExecDestroy(CUgraphExec exec);
STANDIN_EXPORT CUresult cuGraphDestroy(CUgraph graph);
