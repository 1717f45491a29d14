#pragma once

#include <cstddef>
#include <cstdint>

#include "driver_api.h"

// What the stand-in has beyond the driver's interface: for tests, and for the TensorRT stand-in.

/// From now on `after_calls` calls of `function` succeed and all later ones return `error`.
/// `error` 0 takes the failure back.
STANDIN_EXPORT void standin_cuda_fail(const char* function, int error, int after_calls);

/// Device allocations that were not freed.
STANDIN_EXPORT size_t standin_cuda_live_allocations();

/// Calls that broke a rule of the driver's contract so far: each also wrote a line to standard
/// error.
STANDIN_EXPORT int64_t standin_cuda_violations();

/// Enqueues a kernel: `run(user_data)` on the thread of the stream, in its turn; counted, and made
/// to fail, as `cuLaunchKernel`. In a capture it becomes a node of the graph, and runs at every
/// launch. `release(user_data)` is called once, when nothing can run it any more. Where this
/// returns an error, neither is called.
///
/// Runs also after a sticky error, which the memory access below then returns.
STANDIN_EXPORT CUresult standin_cuda_launch(CUstream stream, CUhostFn run, CUhostFn release,
                                            void* user_data);

/// What work that cannot be captured does to a stream that is capturing: ends the capture in
/// failure and returns CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, without counting a violation. Any
/// other stream is left alone.
STANDIN_EXPORT CUresult standin_cuda_refuse_capture(CUstream stream);

/// Bytes of a device's memory, also where no context is current; false before cuInit, and where
/// there is no such device.
STANDIN_EXPORT bool standin_cuda_memory(int ordinal, uint64_t* free_bytes, uint64_t* total_bytes);

/// Reads or writes device memory at once, as a kernel that runs in `context` would; for host
/// functions on a stream. A range that is not inside one live allocation of the context's device
/// puts the context into the sticky error CUDA_ERROR_ILLEGAL_ADDRESS, which is returned.
STANDIN_EXPORT CUresult standin_cuda_read(CUcontext context, void* to, CUdeviceptr from,
                                          size_t bytes);
STANDIN_EXPORT CUresult standin_cuda_write(CUcontext context, CUdeviceptr to, const void* from,
                                           size_t bytes);

/// A kernel that ran in `context` failed: the sticky error CUDA_ERROR_LAUNCH_FAILED, and a
/// violation with this message.
STANDIN_EXPORT void standin_cuda_launch_failed(CUcontext context, const char* message);
