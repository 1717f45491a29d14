#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tensorrt_node {

/// The ONNX node that a failure is about.
struct NodeReference {
  std::string name;
  std::string op_type;
  int index = -1;
};

/// One entry of TensorRT's error recorder, or one complaint of its ONNX parser.
struct RecordedError {
  std::string code;
  std::string description;
  std::optional<NodeReference> node = std::nullopt;
};

/// The one exception of the native side. `code` is a `TensorRTErrorCode` of lib/errors.ts; the
/// binding turns the whole into a JavaScript error.
///
/// It crosses from the family libraries into the addon, which are built with hidden visibility, so
/// its type information must be visible for a catch clause to match on every C++ runtime.
class __attribute__((visibility("default"))) StatusError : public std::runtime_error {
 public:
  StatusError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}

  StatusError& WithRemedy(std::string remedy) {
    remedy_ = std::move(remedy);
    return *this;
  }
  StatusError& WithNode(NodeReference node) {
    node_ = std::move(node);
    return *this;
  }
  StatusError& WithTensor(std::string tensor) {
    tensor_ = std::move(tensor);
    return *this;
  }
  StatusError& WithFile(std::string file) {
    file_ = std::move(file);
    return *this;
  }
  StatusError& WithEvidence(std::vector<RecordedError> recorded, std::vector<std::string> log) {
    recorded_ = std::move(recorded);
    log_ = std::move(log);
    return *this;
  }

  const std::string& code() const { return code_; }
  const std::string& remedy() const { return remedy_; }
  const std::optional<NodeReference>& node() const { return node_; }
  const std::string& tensor() const { return tensor_; }
  const std::string& file() const { return file_; }
  const std::vector<RecordedError>& recorded() const { return recorded_; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  std::string code_;
  std::string remedy_;
  std::optional<NodeReference> node_;
  std::string tensor_;
  std::string file_;
  std::vector<RecordedError> recorded_;
  std::vector<std::string> log_;
};

}  // namespace tensorrt_node
