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
  TrtEngine(const Library& library, PlanSource& plan, const DeserializeOptions& options);
  TrtEngine(const TrtEngine&) = delete;
  TrtEngine& operator=(const TrtEngine&) = delete;

  const std::vector<IoTensor>& tensors() const override { return tensors_; }
  const std::vector<Profile>& profiles() const override { return profiles_; }
  const EngineFacts& facts() const override { return facts_; }
  std::unique_ptr<ExecutionContext> CreateContext(const ContextOptions& options) override;
  std::shared_ptr<RuntimeCache> CreateRuntimeCache(const std::vector<uint8_t>&, bool&) override {
    throw StatusError("ERR_UNSUPPORTED", "not there yet");
  }
  std::string Inspect() const override { throw StatusError("ERR_UNSUPPORTED", "not there yet"); }
  std::unique_ptr<HostMemory> Serialize(const std::vector<std::string>&) const override {
    throw StatusError("ERR_UNSUPPORTED", "not there yet");
  }
  WeightStreaming weight_streaming() const override { return {}; }
  void SetWeightStreamingBudget(int64_t) override {}
  std::vector<std::string> RefittableWeights() const override { return {}; }
  void Refit(const RefitRequest&) override {}
  bool AreWeightsLoaded() const override { return true; }
  void LoadWeights() override {}
  void UnloadWeights() override {}

 private:
  void DescribeTensors();
  void DescribeProfiles();

  // Destroyed from the last to the first: the engine before its runtime, both before what they
  // report to.
  Diagnostics diagnostics_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  EngineFacts facts_;
  std::vector<IoTensor> tensors_;
  std::vector<Profile> profiles_;
};

}  // namespace tensorrt_node
