#pragma once

#include "runtime_defaults.h"

namespace tensorrt_node::standin {

/// Makes engines of plans.
class Runtime final : public RuntimeDefaults {
 public:
  explicit Runtime(nvinfer1::ILogger& logger);
  ~Runtime() override;

  nvinfer1::ICudaEngine* deserializeCudaEngine(const void* blob,
                                               std::size_t size) noexcept override;
  nvinfer1::ICudaEngine* deserializeCudaEngineV2(
      nvinfer1::IStreamReaderV2& reader) noexcept override;

#ifdef TRT_MAJOR_RTX
  int64_t getEngineHeaderSize() const noexcept override;
  nvinfer1::EngineValidity getEngineValidity(const void* blob, int64_t size,
                                             uint64_t* diagnostics) const noexcept override;
#endif

 private:
  nvinfer1::ICudaEngine* Deserialize(const std::string& plan);

  const Counted counted_{Process::Instance().runtimes};
};

}  // namespace tensorrt_node::standin
