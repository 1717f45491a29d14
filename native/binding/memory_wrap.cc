#include "binding/memory_wrap.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/addon_data.h"
#include "binding/convert.h"
#include "binding/promise_worker.h"
#include "session/memory_copy.h"

namespace tensorrt_node {
namespace {

struct AllocateOperation {
  int device;
  size_t bytes;
  bool pinned;
  std::shared_ptr<TensorMemory> memory;

  void Run() {
    memory = pinned ? TensorMemory::Pinned(Device::Open(device), bytes)
                    : TensorMemory::OnDevice(MemoryPool::Of(device), bytes);
  }
  Napi::Value Result(Napi::Env env) {
    return MemoryWrap::Make(env, AddonData::Of(env).memory, std::move(memory));
  }
};

struct TrimOperation {
  int device;

  void Run() { MemoryPool::Of(device)->Trim(); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

struct ReadMemoryOperation {
  std::shared_ptr<TensorMemory> memory;
  size_t bytes;
  std::unique_ptr<PinnedBuffer> copy;

  void Run() {
    copy = std::make_unique<PinnedBuffer>(Device::Open(memory->device().ordinal()));
    copy->Reserve(bytes);
    CopyToHost(*memory, copy->data(), bytes);
  }
  Napi::Value Result(Napi::Env env) {
    Napi::ArrayBuffer data = Napi::ArrayBuffer::New(env, bytes);
    if (bytes > 0) std::memcpy(data.Data(), copy->data(), bytes);
    return data;
  }
};

struct WriteOperation {
  std::shared_ptr<TensorMemory> memory;
  std::vector<uint8_t> data;

  void Run() { CopyFromHost(data.data(), *memory, data.size()); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

struct CopyOperation {
  std::shared_ptr<TensorMemory> source;
  std::shared_ptr<TensorMemory> target;
  size_t bytes;

  void Run() { CopyBetween(*source, *target, bytes); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

Napi::Value Allocate(const Napi::CallbackInfo& info, bool pinned) {
  AllocateOperation operation{info[0].As<Napi::Number>().Int32Value(), ToSize(info[1]), pinned,
                              nullptr};
  return PromiseWorker<AllocateOperation>::Start(info.Env(), "tensorrt_node.allocate",
                                                 std::move(operation));
}

void CheckRoom(Napi::Env env, const TensorMemory& memory, size_t bytes) {
  if (bytes <= memory.bytes()) return;
  throw Napi::RangeError::New(env, "The memory has " + std::to_string(memory.bytes()) +
                                       " bytes, not " + std::to_string(bytes));
}

}  // namespace

Napi::Function MemoryWrap::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeMemory",
      {InstanceAccessor<&MemoryWrap::Bytes>("bytes"),
       InstanceAccessor<&MemoryWrap::DeviceOrdinal>("device"),
       InstanceMethod<&MemoryWrap::Buffer>("buffer"), InstanceMethod<&MemoryWrap::Read>("read"),
       InstanceMethod<&MemoryWrap::Write>("write"), InstanceMethod<&MemoryWrap::CopyTo>("copyTo"),
       InstanceMethod<&MemoryWrap::ReleaseMemory>("release")});
}

Napi::Value MemoryWrap::AllocateDevice(const Napi::CallbackInfo& info) {
  return Allocate(info, false);
}

Napi::Value MemoryWrap::AllocatePinned(const Napi::CallbackInfo& info) {
  return Allocate(info, true);
}

Napi::Value MemoryWrap::TrimDevice(const Napi::CallbackInfo& info) {
  return PromiseWorker<TrimOperation>::Start(info.Env(), "tensorrt_node.trim",
                                             {info[0].As<Napi::Number>().Int32Value()});
}

Napi::Value MemoryWrap::Bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Alive(info.Env())->bytes()));
}

Napi::Value MemoryWrap::DeviceOrdinal(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Alive(info.Env())->device().ordinal());
}

Napi::Value MemoryWrap::Buffer(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<TensorMemory>& memory = Alive(env);
  if (memory->on_device()) throw Napi::TypeError::New(env, "The memory is on the device");
  auto* const owner = new std::shared_ptr<TensorMemory>(memory);
  return Napi::ArrayBuffer::New(
      env, memory->data(), memory->bytes(),
      [](Napi::BasicEnv, void*, std::shared_ptr<TensorMemory>* finished) { delete finished; },
      owner);
}

Napi::Value MemoryWrap::Read(const Napi::CallbackInfo& info) {
  ReadMemoryOperation operation{Alive(info.Env()), ToSize(info[0]), nullptr};
  CheckRoom(info.Env(), *operation.memory, operation.bytes);
  return PromiseWorker<ReadMemoryOperation>::Start(info.Env(), "tensorrt_node.read",
                                                   std::move(operation));
}

Napi::Value MemoryWrap::Write(const Napi::CallbackInfo& info) {
  const ByteView bytes = ToBytes(info[0]);
  WriteOperation operation{Alive(info.Env()), {bytes.data, bytes.data + bytes.size}};
  CheckRoom(info.Env(), *operation.memory, bytes.size);
  return PromiseWorker<WriteOperation>::Start(info.Env(), "tensorrt_node.write",
                                              std::move(operation));
}

Napi::Value MemoryWrap::CopyTo(const Napi::CallbackInfo& info) {
  CopyOperation operation{Alive(info.Env()), From(info[0]), ToSize(info[1])};
  CheckRoom(info.Env(), *operation.source, operation.bytes);
  CheckRoom(info.Env(), *operation.target, operation.bytes);
  return PromiseWorker<CopyOperation>::Start(info.Env(), "tensorrt_node.copy",
                                             std::move(operation));
}

Napi::Value MemoryWrap::ReleaseMemory(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<TensorMemory>>::Start(info.Env(), "tensorrt_node.release",
                                                              {Release()});
}

}  // namespace tensorrt_node
