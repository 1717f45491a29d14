#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "process.h"

namespace tensorrt_node::standin {

/// What was compiled so far: an entry for each engine, optimization profile and set of shapes.
/// Contexts share it.
class CompiledKernels {
 public:
  CompiledKernels() = default;
  CompiledKernels(const CompiledKernels&) = delete;
  CompiledKernels& operator=(const CompiledKernels&) = delete;

  /// False where `kernel` is there already.
  bool Add(const std::string& kernel);
  void Merge(const std::set<std::string>& kernels);
  void Clear();
  std::set<std::string> Read() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> kernels_;
};

#ifdef TRT_MAJOR_RTX

/// The application's view of a cache. Its bytes name the library's version and the GPU, and those
/// of another version or GPU are refused.
class RuntimeCache final : public nvinfer1::IRuntimeCache, public nvinfer1::apiv::VRuntimeCache {
 public:
  RuntimeCache() { mImpl = this; }

  const std::shared_ptr<CompiledKernels>& kernels() const { return kernels_; }

  nvinfer1::IHostMemory* serialize() const noexcept override;
  bool deserialize(const void* blob, size_t size) noexcept override;
  bool reset() noexcept override;

 private:
  const std::shared_ptr<CompiledKernels> kernels_ = std::make_shared<CompiledKernels>();
  const Counted counted_{Process::Instance().others};
};

#endif

}  // namespace tensorrt_node::standin
