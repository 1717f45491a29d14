#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>

#include "network.h"
#include "reporter.h"

namespace tensorrt_node::standin {

/// Describes the operators of an engine: by name, or with all tensors where the plan's verbosity is
/// detailed; with the shapes of an execution context where one is set.
class EngineInspector final : public nvinfer1::IEngineInspector,
                              public nvinfer1::apiv::VEngineInspector {
  using Format = nvinfer1::LayerInformationFormat;

 public:
  EngineInspector(std::shared_ptr<LogSink> log, std::shared_ptr<const Network> network);

  nvinfer1::IEngineInspector* getPImpl() noexcept override { return this; }
  bool setExecutionContext(const nvinfer1::IExecutionContext* context) noexcept override;
  const nvinfer1::IExecutionContext* getExecutionContext() const noexcept override;
  /// Valid until the next call, as in TensorRT.
  const char* getLayerInformation(int32_t index, Format format) const noexcept override;
  const char* getEngineInformation(Format format) const noexcept override;
  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;

 private:
  std::string DescribeLayer(size_t step, Format format) const;
  std::string DescribeTensor(size_t tensor) const;
  std::string DescribeIo() const;
  /// Throws a Failure where the plan's verbosity is none.
  void CheckVerbosity() const;

  Reporter reporter_;
  const std::shared_ptr<const Network> network_;
  const nvinfer1::IExecutionContext* context_ = nullptr;
  mutable std::string text_;
  const Counted counted_{Process::Instance().others};
};

}  // namespace tensorrt_node::standin
