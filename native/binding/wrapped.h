#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "binding/addon_data.h"

namespace tensorrt_node {

/// Base of the classes that JavaScript gets from native calls and cannot make itself. `Wrap`
/// derives from it, `T` is what it shares with operations in flight.
template <typename Wrap, typename T>
class Wrapped : public Napi::ObjectWrap<Wrap> {
 public:
  explicit Wrapped(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<Wrap>(info),
        value_(std::static_pointer_cast<T>(
            std::exchange(AddonData::Of(info.Env()).to_wrap, nullptr))) {
    if (!value_) throw Napi::TypeError::New(info.Env(), "This class has no public constructor");
    info.This().As<Napi::Object>().TypeTag(&Tag());
  }

  /// Makes a JavaScript object of class `constructor` around `value`.
  static Napi::Object Make(Napi::Env env, const Napi::FunctionReference& constructor,
                           std::shared_ptr<T> value) {
    AddonData::Of(env).to_wrap = std::move(value);
    return constructor.New({});
  }

  /// What is behind a JavaScript argument. A JavaScript exception for any other value, and after
  /// Release.
  static std::shared_ptr<T> From(Napi::Value value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Tag())) {
      throw Napi::TypeError::New(value.Env(), "Expected another native object");
    }
    return Wrap::Unwrap(value.As<Napi::Object>())->Alive(value.Env());
  }

 protected:
  /// Null after Release.
  const std::shared_ptr<T>& value() const { return value_; }

  /// Gives the object up; what it holds is freed with the last operation in flight.
  std::shared_ptr<T> Release() { return std::exchange(value_, nullptr); }

  /// The value, or a JavaScript exception after Release.
  const std::shared_ptr<T>& Alive(Napi::Env env) const {
    if (!value_) throw Napi::Error::New(env, "The native object was released");
    return value_;
  }

 private:
  /// Tells objects of this class from all others; an address, so no other addon has it.
  static const napi_type_tag& Tag() {
    static const char identity = 0;
    static const napi_type_tag tag = {reinterpret_cast<uintptr_t>(&identity), 0x7472746e6f6465};
    return tag;
  }

  std::shared_ptr<T> value_;
};

/// Frees its value on the thread pool: destroying an engine can take a while.
template <typename T>
struct ReleaseOperation {
  std::shared_ptr<T> value;

  void Run() { value.reset(); }
  Napi::Value Result(Napi::Env env) { return env.Undefined(); }
};

}  // namespace tensorrt_node
