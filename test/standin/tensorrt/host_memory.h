#pragma once

#include <NvInferRuntime.h>

#include <string>
#include <utility>

#include "process.h"

namespace tensorrt_node::standin {

/// Bytes that are handed to the application.
class HostMemory final : public nvinfer1::IHostMemory, public nvinfer1::apiv::VHostMemory {
 public:
  explicit HostMemory(std::string bytes) : bytes_(std::move(bytes)) { mImpl = this; }

  void* data() const noexcept override { return const_cast<char*>(bytes_.data()); }
  std::size_t size() const noexcept override { return bytes_.size(); }
  nvinfer1::DataType type() const noexcept override { return nvinfer1::DataType::kINT8; }

 private:
  const std::string bytes_;
  const Counted counted_{Process::Instance().others};
};

}  // namespace tensorrt_node::standin
