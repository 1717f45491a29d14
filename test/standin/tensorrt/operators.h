#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// One operator of a network, with its attributes.
class Operator {
 public:
  virtual ~Operator() = default;

  virtual size_t operand_count() const = 0;

  /// The operand whose elements decide the shape of the result.
  virtual std::optional<size_t> shape_operand() const { return std::nullopt; }

  /// Whether the result needs no elements of its operands, only their shapes.
  virtual bool reads_only_shapes() const { return false; }

  /// Whether the shape of the result is only known when the result is computed.
  virtual bool data_dependent() const { return false; }

  /// The type of the result. Dimensions that operands leave open stay open. Throws a Failure where
  /// the operands do not fit together.
  virtual TensorType Infer(const Operands& operands) const = 0;

  /// As Infer, with the largest dimensions that a data-dependent result can have.
  virtual TensorType Bound(const Operands& operands) const { return Infer(operands); }

  /// The elements of the result. `result` is its type, whose open dimensions a data-dependent
  /// operator fills in.
  virtual std::vector<Element> Compute(const Operands& operands, TensorType& result) const = 0;
};

/// Makes the operator `name`; `attributes` is what follows the operands in the plan.
std::unique_ptr<Operator> MakeOperator(const std::string& name, std::istream& attributes);

// The families behind MakeOperator; each answers null for a name that is not its own.
std::unique_ptr<Operator> MakeArithmeticOperator(const std::string& name, std::istream& attributes);
std::unique_ptr<Operator> MakeLayoutOperator(const std::string& name, std::istream& attributes);
std::unique_ptr<Operator> MakeSelectingOperator(const std::string& name, std::istream& attributes);

}  // namespace tensorrt_node::standin
