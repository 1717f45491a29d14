#pragma once

#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

/// One operator of a network, with its attributes.
class Operator {
 public:
  virtual ~Operator() = default;

  virtual size_t operand_count() const = 0;

  /// The type of the result. Dimensions that operands leave open stay open. Throws a Failure where
  /// the operands do not fit together.
  virtual TensorType Infer(const std::vector<TensorType>& operands) const = 0;

  /// The elements of the result, whose type is `result`.
  virtual std::vector<Element> Compute(const std::vector<const Value*>& operands,
                                       const TensorType& result) const = 0;

  /// Bytes of constant data that the operator brings along.
  virtual size_t weight_bytes() const { return 0; }
};

/// Makes the operator `name`; `attributes` is what follows the operands in the plan.
std::unique_ptr<Operator> MakeOperator(const std::string& name, std::istream& attributes);

}  // namespace tensorrt_node::standin
