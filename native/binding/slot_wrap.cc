#include "binding/slot_wrap.h"

#include <cstring>
#include <memory>
#include <utility>

#include "binding/convert.h"
#include "binding/errors.h"
#include "binding/promise_worker.h"

namespace tensorrt_node {
namespace {

/// Marks a slot busy for as long as it lives. JavaScript thread only.
class BusyMark {
 public:
  explicit BusyMark(std::shared_ptr<bool> busy) : busy_(std::move(busy)) { *busy_ = true; }
  ~BusyMark() {
    if (busy_) *busy_ = false;
  }
  BusyMark(BusyMark&&) = default;
  BusyMark& operator=(BusyMark&&) = delete;

 private:
  std::shared_ptr<bool> busy_;
};

struct InferOperation {
  std::shared_ptr<ExecutionSlot> slot;
  BusyMark busy;

  void Run() { slot->Run(); }

  Napi::Value Result(Napi::Env env) {
    const auto& outputs = slot->outputs();
    Napi::Array result = Napi::Array::New(env, outputs.size());
    for (uint32_t i = 0; i < outputs.size(); ++i) {
      const ExecutionSlot::Port& port = outputs[i];
      Napi::ArrayBuffer data = Napi::ArrayBuffer::New(env, port.bytes);
      if (port.bytes > 0) std::memcpy(data.Data(), port.staging.data(), port.bytes);
      Napi::Object output = Napi::Object::New(env);
      output.Set("dims", FromDims(env, port.dims));
      output.Set("data", data);
      result.Set(i, output);
    }
    return result;
  }
};

}  // namespace

Napi::Function SlotWrap::Define(Napi::Env env) {
  return DefineClass(env, "NativeSlot",
                     {InstanceMethod<&SlotWrap::Infer>("infer"),
                      InstanceMethod<&SlotWrap::ReleaseSlot>("release")});
}

Napi::Value SlotWrap::Infer(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<ExecutionSlot> slot = Alive(env);
  if (*busy_) throw Napi::Error::New(env, "The slot has a call in flight");
  const auto inputs = info[0].As<Napi::Array>();
  if (inputs.Length() != slot->inputs().size()) {
    throw Napi::TypeError::New(env, "Expected an entry for each input of the engine");
  }
  // Marked before the arguments are read: a getter among them could call infer again.
  BusyMark busy(busy_);
  Guarded(env, [&] {
    for (uint32_t i = 0; i < inputs.Length(); ++i) {
      const auto input = inputs.Get(i).As<Napi::Object>();
      const Dims dims = ToDims(input.Get("dims"));
      const ByteView bytes = ToBytes(input.Get("data"));
      slot->Stage(i, dims, bytes.data, bytes.size);
    }
  });
  return PromiseWorker<InferOperation>::Start(env, "tensorrt_node.infer", {slot, std::move(busy)});
}

Napi::Value SlotWrap::ReleaseSlot(const Napi::CallbackInfo& info) {
  return PromiseWorker<ReleaseOperation<ExecutionSlot>>::Start(info.Env(), "tensorrt_node.release",
                                                               {Release()});
}

}  // namespace tensorrt_node
