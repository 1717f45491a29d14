#pragma once

#include <NvInferRuntime.h>

#include "process.h"

namespace tensorrt_node::standin {

/// What to write of an engine.
class SerializationConfig final : public nvinfer1::ISerializationConfig,
                                  public nvinfer1::apiv::VSerializationConfig {
  using Flag = nvinfer1::SerializationFlag;
  using Flags = nvinfer1::SerializationFlags;

 public:
  SerializationConfig() { mImpl = this; }

  bool setFlags(Flags flags) noexcept override {
    flags_ = flags;
    return true;
  }
  Flags getFlags() const noexcept override { return flags_; }
  bool clearFlag(Flag flag) noexcept override {
    flags_ &= ~Mask(flag);
    return true;
  }
  bool setFlag(Flag flag) noexcept override {
    flags_ |= Mask(flag);
    return true;
  }
  bool getFlag(Flag flag) const noexcept override { return (flags_ & Mask(flag)) != 0; }

  static Flags Mask(Flag flag) { return Flags{1} << static_cast<int>(flag); }

 private:
  Flags flags_ = 0;
  const Counted counted_{Process::Instance().others};
};

}  // namespace tensorrt_node::standin
