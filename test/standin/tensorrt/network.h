#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators.h"
#include "plan_facts.h"
#include "profile.h"
#include "tensor_format.h"
#include "types.h"
#include "weight_store.h"

namespace tensorrt_node::standin {

/// A network as a plan describes it. Immutable, so that contexts share it.
class Network {
 public:
  /// An input or output.
  struct IoTensor {
    std::string name;
    TensorType type;
    /// In the list of all tensors.
    size_t tensor;
    TensorFormat format;
    /// What `format` says of itself.
    std::string format_description;
    /// A shape tensor lies on the host: an input that shapes depend on, or an output that is
    /// computed from such inputs alone.
    bool on_host = false;
    /// The input in whose memory this output is written; empty for none.
    std::string alias;
  };

  struct Constant {
    std::string name;
    TensorType type;
    /// Nothing where the plan was stripped of them.
    std::vector<Element> elements;
    /// Where the description has its statement.
    size_t line;
  };

  /// Makes the tensor at position `input_count + index of the step` in the list of all tensors.
  struct Step {
    std::string kind;
    /// Null for a constant.
    std::unique_ptr<Operator> operation;
    size_t constant = 0;
    std::vector<size_t> operands;
  };

  /// What an inference gives.
  struct Computation {
    /// All tensors.
    std::vector<Value> tensors;
    /// How long each step took.
    std::vector<float> milliseconds;
  };

  /// Reads a description, whose grammar README.md gives. Throws a Failure.
  explicit Network(const std::string& description);

  const PlanFacts& facts() const { return facts_; }
  size_t input_count() const { return input_count_; }
  /// Inputs, then outputs; shapes with -1 where they are dynamic.
  const std::vector<IoTensor>& io() const { return io_; }
  /// The index in `io` of a tensor; -1 where there is none.
  int FindIo(const char* name) const;
  bool IsInput(size_t index) const { return index < input_count_; }

  const std::vector<Profile>& profiles() const { return profiles_; }
  Range ProfileRange(size_t profile, size_t input) const;
  /// Null where the input is no shape tensor.
  const Range* ProfileValues(size_t profile, size_t input) const;

  const std::vector<Step>& steps() const { return steps_; }
  /// `matmul logits`, ...: the name of a step.
  std::string LayerName(size_t step) const;
  const std::vector<std::string>& tensor_names() const { return tensor_names_; }
  const std::vector<TensorType>& tensor_types() const { return tensor_types_; }
  /// Whether shapes depend on data anywhere in the network.
  bool data_dependent() const { return data_dependent_; }
  /// Tensors that an execution context can show, in the list of all tensors.
  const std::vector<size_t>& debug_tensors() const { return debug_tensors_; }

  const std::vector<Constant>& constants() const { return constants_; }
  /// Pairs of constants that can only be exchanged together.
  const std::vector<std::pair<size_t, size_t>>& fused() const { return fused_; }
  int64_t constant_bytes() const;
  /// Whether shapes depend on the elements of a constant.
  bool ShapesDependOn(const Constant& constant) const;

  /// All tensors of `io`, as far as they follow from these inputs: shapes, and the elements of
  /// tensors on the host. Throws a Failure where the inputs do not fit together.
  std::vector<Value> InferIo(const std::vector<Value>& inputs) const;
  /// As InferIo, with the largest dimensions of data-dependent tensors.
  std::vector<Value> BoundIo(const std::vector<Value>& inputs) const;

  Computation Compute(std::vector<Value> inputs, const WeightStore::Values& weights) const;

  enum class Stripped { kNo, kYes };
  /// A description of this network with other weights, or with none.
  std::string Describe(const WeightStore::Values& weights, Stripped stripped,
                       bool refittable) const;

 private:
  void Read(const std::string& statement, std::istream& line);
  void ReadInput(std::istream& line);
  void ReadStep(std::istream& line);
  void ReadConstant(const std::string& name, std::istream& line);
  void ReadFused(std::istream& line);
  void ReadFormat(std::istream& line);
  void ReadAlias(std::istream& line);
  Profile& LastProfile();

  void AddTensor(const std::string& name, const TensorType& type);
  void AddIo(size_t tensor);
  void MarkShapeTensors();
  void MarkHostOutputs();
  void CheckProfiles() const;
  IoTensor& RequireIo(const std::string& name);
  size_t FindTensor(const std::string& name) const;
  size_t FindConstant(const std::string& name) const;
  using InferStep = TensorType (Operator::*)(const Operands&) const;
  std::vector<Value> InferWith(InferStep infer, const std::vector<Value>& inputs) const;
  Operands OperandsOf(const Step& step, const std::vector<Value>& tensors) const;

  std::vector<std::string> lines_;
  PlanFacts facts_;
  std::vector<std::string> tensor_names_;
  std::vector<TensorType> tensor_types_;
  std::vector<bool> shape_tensors_;
  std::vector<Step> steps_;
  std::vector<Constant> constants_;
  std::vector<std::pair<size_t, size_t>> fused_;
  std::vector<IoTensor> io_;
  std::vector<Profile> profiles_;
  std::vector<size_t> debug_tensors_;
  size_t input_count_ = 0;
  bool data_dependent_ = false;
};

}  // namespace tensorrt_node::standin
