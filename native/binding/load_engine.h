#pragma once

#include <napi.h>

#include <memory>

#include "loader/tensorrt_library.h"

namespace tensorrt_node {

/// [async] load(plan: Uint8Array | string, options: NativeLoadOptions) -> NativeEngine. A string is
/// a file; bytes are copied before the call returns.
/// Rejects with ERR_NO_GPU, ERR_CUDA, ERR_FILE, ERR_GPU_MEMORY, ERR_UNSUPPORTED or
/// ERR_TRT_ENGINE_INVALID.
Napi::Value StartLoad(const Napi::CallbackInfo& info, std::shared_ptr<TensorRTLibrary> library);

/// [async] checkEngine(header: Uint8Array) -> { verdict, diagnostics }. Rejects with
/// ERR_UNSUPPORTED.
Napi::Value StartCheckEngine(const Napi::CallbackInfo& info,
                             std::shared_ptr<TensorRTLibrary> library);

/// [async] memoryInfo(device: number) -> { freeBytes, totalBytes }. Rejects with ERR_NO_GPU or
/// ERR_CUDA.
Napi::Value StartMemoryInfo(const Napi::CallbackInfo& info);

}  // namespace tensorrt_node
