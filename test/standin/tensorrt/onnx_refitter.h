#pragma once

#include <NvOnnxParser.h>

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tensorrt_node::standin {

/// One error of a refitter.
class RefitError final : public nvonnxparser::IParserError {
 public:
  RefitError(nvonnxparser::ErrorCode code, std::string description)
      : code_(code), description_(std::move(description)) {}
  ~RefitError() override = default;

  nvonnxparser::ErrorCode code() const override { return code_; }
  const char* desc() const override { return description_.c_str(); }
  const char* file() const override { return "stand-in"; }
  int line() const override { return 0; }
  const char* func() const override { return "refit"; }
  int node() const override { return -1; }
  const char* nodeName() const override { return ""; }
  const char* nodeOperator() const override { return ""; }
  const char* const* localFunctionStack() const override { return nullptr; }
  int32_t localFunctionStackSize() const override { return 0; }

 private:
  const nvonnxparser::ErrorCode code_;
  const std::string description_;
};

/// Refits an engine from a file of weights in the stand-in's own format, which is not ONNX:
/// README.md describes it.
class OnnxRefitter final : public nvonnxparser::IParserRefitter {
 public:
  explicit OnnxRefitter(nvinfer1::IRefitter& refitter) : refitter_(refitter) {}

  bool refitFromBytes(const void* bytes, size_t size, const char* path) noexcept override;
  bool refitFromFile(const char* path) noexcept override;
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(errors_.size()); }
  const nvonnxparser::IParserError* getError(int32_t index) const noexcept override;
  void clearErrors() override { errors_.clear(); }

  bool loadModelProto(const void* bytes, size_t size, const char* path) noexcept override;
  bool loadInitializer(const char* name, const void* data, size_t size) noexcept override;
  bool refitModelProto() noexcept override;
  void setRefitObserver(nvonnxparser::IRefitterObserver*) noexcept override;

 private:
  bool Fail(nvonnxparser::ErrorCode code, const std::string& message);
  bool Refit(const std::string& text);

  nvinfer1::IRefitter& refitter_;
  /// Like the real one, this hands weights to the refitter and leaves the refit to the application,
  /// so that they must stay where they are.
  std::list<std::vector<std::byte>> values_;
  std::vector<std::unique_ptr<RefitError>> errors_;
};

}  // namespace tensorrt_node::standin
