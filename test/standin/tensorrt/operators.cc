#include "operators.h"

namespace tensorrt_node::standin {

std::unique_ptr<Operator> MakeOperator(const std::string& name, std::istream& attributes) {
  for (const auto make : {MakeArithmeticOperator, MakeLayoutOperator, MakeSelectingOperator}) {
    if (auto operation = make(name, attributes)) return operation;
  }
  throw Failure(nvinfer1::ErrorCode::kUNSUPPORTED_STATE,
                "operator '" + name + "' is not implemented");
}

}  // namespace tensorrt_node::standin
