#pragma once

#include <istream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operators.h"
#include "types.h"

namespace tensorrt_node::standin {

/// The shapes that an optimization profile allows an input.
struct ShapeRange {
  Shape min;
  Shape opt;
  Shape max;
};

/// A network as a plan describes it. Immutable, so that contexts share it.
class Network {
 public:
  struct Tensor {
    std::string name;
    TensorType type;
  };

  /// Reads a description, whose grammar README.md gives. Throws a Failure.
  explicit Network(const std::string& description);

  const std::string& name() const { return name_; }
  size_t input_count() const { return input_count_; }
  /// Inputs, then outputs; shapes with -1 where they are dynamic.
  const std::vector<Tensor>& io() const { return io_; }
  /// The index in `io` of a tensor; -1 where there is none.
  int FindIo(const char* name) const;
  bool IsInput(size_t index) const { return index < input_count_; }

  size_t profile_count() const { return profiles_.size(); }
  ShapeRange ProfileRange(size_t profile, size_t input) const;

  /// `matmul logits`, ...: one for each operator, in order.
  const std::vector<std::string>& layers() const { return layers_; }
  size_t weight_bytes() const { return weight_bytes_; }
  size_t scratch_bytes() const { return scratch_bytes_; }

  /// The shapes of `io` for these shapes of the inputs, which may be open. Throws a Failure where
  /// they do not fit together.
  std::vector<Shape> InferShapes(const std::vector<Shape>& input_shapes) const;

  /// The outputs for these inputs.
  std::vector<Value> Compute(std::vector<Value> inputs) const;

 private:
  /// Makes the tensor at position `input_count_ + index of the step` in the list of all tensors.
  struct Step {
    std::unique_ptr<Operator> operation;
    std::vector<size_t> operands;
  };
  using Profile = std::map<std::string, ShapeRange>;

  void ReadInput(std::istream& line);
  void ReadStep(std::istream& line);
  void ReadOutput(std::istream& line);
  void ReadRange(std::istream& line);
  void CheckProfiles() const;
  size_t FindTensor(const std::string& name) const;
  std::vector<TensorType> InferTypes(const std::vector<Shape>& input_shapes) const;

  std::string name_;
  std::vector<std::string> tensor_names_;
  std::vector<TensorType> tensor_types_;
  std::vector<Step> steps_;
  std::vector<size_t> outputs_;
  std::vector<Tensor> io_;
  std::vector<Profile> profiles_;
  std::vector<std::string> layers_;
  size_t input_count_ = 0;
  size_t weight_bytes_ = 0;
  size_t scratch_bytes_ = 0;
};

}  // namespace tensorrt_node::standin
