#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"
#include "tensorrt/library.h"
#include "tensorrt/plan_reader.h"

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
  std::shared_ptr<RuntimeCache> CreateRuntimeCache(const std::vector<uint8_t>& bytes,
                                                   bool& accepted) override;
  std::string Inspect() const override;
  std::unique_ptr<HostMemory> Serialize(const std::vector<std::string>& flags) const override;
  WeightStreaming weight_streaming() const override;
  void SetWeightStreamingBudget(int64_t bytes) override;
  std::vector<std::string> RefittableWeights() const override;
  void Refit(const RefitRequest& request) override;
  bool AreWeightsLoaded() const override;
  void LoadWeights(void* stream) override;
  void UnloadWeights() override;

 private:
  void Configure(nvinfer1::IRuntime& runtime, const DeserializeOptions& options);
  void LoadLeanRuntime(const DeserializeOptions& options);
  void Deserialize();
  void Describe();
  void RequireDeferredWeights() const;

  const Library& library_;
  PlanSource& plan_;
  const bool deferred_weights_;
  // Destroyed from the last to the first: the engine before its runtime, both before what they
  // report to.
  mutable Diagnostics diagnostics_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::IRuntime> lean_runtime_;
  std::unique_ptr<PlanReader> reader_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  EngineFacts facts_;
  std::vector<IoTensor> tensors_;
  std::vector<Profile> profiles_;
};

}  // namespace tensorrt_node
