#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"

namespace tensorrt_node {

class TrtEngine final : public Engine {
 public:
  TrtEngine(const Library& library, const void* plan, size_t size);
  TrtEngine(const TrtEngine&) = delete;
  TrtEngine& operator=(const TrtEngine&) = delete;

  const std::vector<IoTensor>& tensors() const override { return tensors_; }
  const std::vector<Profile>& profiles() const override { return profiles_; }
  uint64_t device_memory_bytes() const override;
  std::unique_ptr<ExecutionContext> CreateContext(int profile, void* stream) override;

 private:
  void DescribeTensors();
  void DescribeProfiles();

  // Destroyed from the last to the first: the engine before its runtime, both before what they
  // report to.
  Diagnostics diagnostics_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::vector<IoTensor> tensors_;
  std::vector<Profile> profiles_;
};

}  // namespace tensorrt_node
