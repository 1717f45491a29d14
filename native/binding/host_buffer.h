#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "loader/tensorrt_library.h"
#include "tensorrt/types.h"

namespace tensorrt_node {

/// A Buffer over bytes that stay where TensorRT put them: copying 100 MB on the JavaScript thread
/// would stop the event loop for tens of milliseconds. The library is held as long, since its code
/// frees the memory.
inline Napi::Value ToBuffer(Napi::Env env, std::shared_ptr<TensorRTLibrary> library,
                            std::unique_ptr<HostMemory> memory) {
  struct Owner {
    std::shared_ptr<TensorRTLibrary> library;
    std::unique_ptr<HostMemory> memory;
  };
  auto* const owner = new Owner{std::move(library), std::move(memory)};
  auto* const bytes = static_cast<uint8_t*>(const_cast<void*>(owner->memory->data()));
  return Napi::Buffer<uint8_t>::NewOrCopy(
      env, bytes, owner->memory->size(),
      [](Napi::BasicEnv, uint8_t*, Owner* finished) { delete finished; }, owner);
}

}  // namespace tensorrt_node
