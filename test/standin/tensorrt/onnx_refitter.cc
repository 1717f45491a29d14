#include "onnx_refitter.h"

#include <fstream>
#include <locale>
#include <sstream>
#include <utility>

#include "plan_text.h"
#include "types.h"

namespace tensorrt_node::standin {

namespace {

using nvonnxparser::ErrorCode;

/// The first line of a file of weights.
constexpr char kHeader[] = "stand-in weights";

}  // namespace

bool OnnxRefitter::Fail(ErrorCode code, const std::string& message) {
  errors_.push_back(std::make_unique<RefitError>(code, "stand-in: " + message));
  return false;
}

const nvonnxparser::IParserError* OnnxRefitter::getError(int32_t index) const noexcept {
  return index < 0 || index >= getNbErrors() ? nullptr : errors_[index].get();
}

bool OnnxRefitter::refitFromBytes(const void* bytes, size_t size, const char*) noexcept {
  return Refit(std::string(static_cast<const char*>(bytes), size));
}

bool OnnxRefitter::refitFromFile(const char* path) noexcept {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrorCode::kMODEL_DESERIALIZE_FAILED, std::string("cannot open ") + path);
  std::ostringstream text;
  text << file.rdbuf();
  return Refit(text.str());
}

bool OnnxRefitter::Refit(const std::string& text) try {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line) || line != kHeader) {
    return Fail(ErrorCode::kMODEL_DESERIALIZE_FAILED, "this is no file of stand-in weights");
  }
  while (std::getline(lines, line)) {
    std::istringstream statement(line);
    statement.imbue(std::locale::classic());
    const std::string name = ReadName(statement);
    const TensorType type = ReadType(statement);
    values_.push_back(ToBytes(type.type, ReadElements(statement, type)));
    const nvinfer1::Weights weights{type.type, values_.back().data(), ElementCount(type.shape)};
    if (!refitter_.setNamedWeights(name.c_str(), weights)) {
      return Fail(ErrorCode::kREFIT_FAILED, "weights '" + name + "' were refused");
    }
  }
  return true;
} catch (const std::exception& error) {
  return Fail(ErrorCode::kMODEL_DESERIALIZE_FAILED, error.what());
}

bool OnnxRefitter::loadModelProto(const void*, size_t, const char*) noexcept {
  return Fail(ErrorCode::kINTERNAL_ERROR, "loadModelProto is not implemented");
}

bool OnnxRefitter::loadInitializer(const char*, const void*, size_t) noexcept {
  return Fail(ErrorCode::kINTERNAL_ERROR, "loadInitializer is not implemented");
}

bool OnnxRefitter::refitModelProto() noexcept {
  return Fail(ErrorCode::kINTERNAL_ERROR, "refitModelProto is not implemented");
}

void OnnxRefitter::setRefitObserver(nvonnxparser::IRefitterObserver*) noexcept {
  Fail(ErrorCode::kINTERNAL_ERROR, "setRefitObserver is not implemented");
}

}  // namespace tensorrt_node::standin
