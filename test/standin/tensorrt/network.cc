#include "network.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "plan_text.h"

namespace tensorrt_node::standin {

void Network::MarkShapeTensors() {
  shape_tensors_.assign(tensor_names_.size(), false);
  for (size_t index = steps_.size(); index-- > 0;) {
    const Step& step = steps_[index];
    if (step.operation == nullptr) continue;
    if (const auto shape = step.operation->shape_operand()) {
      shape_tensors_[step.operands[*shape]] = true;
    }
    const bool needed = shape_tensors_[input_count_ + index];
    if (!needed || step.operation->reads_only_shapes()) continue;
    for (const size_t operand : step.operands) shape_tensors_[operand] = true;
  }
}

void Network::MarkHostOutputs() {
  std::vector<bool> from_host(tensor_names_.size(), false);
  // From the host or from constants alone.
  std::vector<bool> computable(tensor_names_.size(), false);
  for (size_t input = 0; input < input_count_; ++input) {
    io_[input].on_host = from_host[input] = computable[input] = shape_tensors_[input];
  }
  for (size_t index = 0; index < steps_.size(); ++index) {
    const Step& step = steps_[index];
    const auto all = [&step](const std::vector<bool>& property) {
      return std::all_of(step.operands.begin(), step.operands.end(),
                         [&](size_t operand) { return property[operand]; });
    };
    const auto any = [&step](const std::vector<bool>& property) {
      return std::any_of(step.operands.begin(), step.operands.end(),
                         [&](size_t operand) { return property[operand]; });
    };
    const size_t result = input_count_ + index;
    const bool data_dependent = step.operation != nullptr && step.operation->data_dependent();
    computable[result] = !data_dependent && all(computable);
    from_host[result] = computable[result] && any(from_host);
  }
  for (size_t output = input_count_; output < io_.size(); ++output) {
    io_[output].on_host = from_host[io_[output].tensor];
    if (!io_[output].on_host) continue;
    for (size_t tensor = 0; tensor < shape_tensors_.size(); ++tensor) {
      shape_tensors_[tensor] = shape_tensors_[tensor] || computable[tensor];
    }
  }
}

int Network::FindIo(const char* name) const {
  if (name == nullptr) return -1;
  const auto found = std::find_if(io_.begin(), io_.end(),
                                  [&](const IoTensor& tensor) { return tensor.name == name; });
  return found == io_.end() ? -1 : static_cast<int>(found - io_.begin());
}

Network::IoTensor& Network::RequireIo(const std::string& name) {
  const int index = FindIo(name.c_str());
  if (index < 0) throw Malformed("there is no IO tensor '" + name + "'");
  return io_[index];
}

size_t Network::FindTensor(const std::string& name) const {
  const auto found = std::find(tensor_names_.begin(), tensor_names_.end(), name);
  if (found == tensor_names_.end()) throw Malformed("there is no tensor '" + name + "'");
  return found - tensor_names_.begin();
}

size_t Network::FindConstant(const std::string& name) const {
  const auto found = std::find_if(constants_.begin(), constants_.end(),
                                  [&](const Constant& constant) { return constant.name == name; });
  if (found == constants_.end()) throw Malformed("there is no constant '" + name + "'");
  return found - constants_.begin();
}

Range Network::ProfileRange(size_t profile, size_t input) const {
  const auto& shapes = profiles_[profile].shapes;
  const auto found = shapes.find(io_[input].name);
  if (found != shapes.end()) return found->second;
  const Shape& shape = io_[input].type.shape;
  return Range{shape, shape, shape};
}

const Range* Network::ProfileValues(size_t profile, size_t input) const {
  const auto& values = profiles_[profile].values;
  const auto found = values.find(io_[input].name);
  return found == values.end() ? nullptr : &found->second;
}

std::string Network::LayerName(size_t step) const {
  return steps_[step].kind + ' ' + tensor_names_[input_count_ + step];
}

int64_t Network::constant_bytes() const {
  int64_t bytes = 0;
  for (const Constant& constant : constants_) bytes += static_cast<int64_t>(BytesOf(constant.type));
  return bytes;
}

bool Network::ShapesDependOn(const Constant& constant) const {
  return shape_tensors_[FindTensor(constant.name)];
}

Operands Network::OperandsOf(const Step& step, const std::vector<Value>& tensors) const {
  Operands operands;
  for (const size_t operand : step.operands) operands.push_back(&tensors[operand]);
  return operands;
}

std::vector<Value> Network::InferWith(InferStep infer, const std::vector<Value>& inputs) const {
  std::vector<Value> tensors = inputs;
  for (const Step& step : steps_) {
    const bool wanted = shape_tensors_[tensors.size()];
    if (step.operation == nullptr) {
      const Constant& constant = constants_[step.constant];
      tensors.push_back(Value{constant.type, wanted ? constant.elements : std::vector<Element>()});
      continue;
    }
    const Operands operands = OperandsOf(step, tensors);
    Value value{(step.operation.get()->*infer)(operands), {}};
    const auto known = [&](const Value* operand) {
      return step.operation->reads_only_shapes() ? IsKnown(operand->type.shape) : IsKnown(*operand);
    };
    if (wanted && std::all_of(operands.begin(), operands.end(), known)) {
      value.elements = step.operation->Compute(operands, value.type);
    }
    tensors.push_back(std::move(value));
  }
  std::vector<Value> io;
  for (const IoTensor& tensor : io_) io.push_back(tensors[tensor.tensor]);
  return io;
}

std::vector<Value> Network::InferIo(const std::vector<Value>& inputs) const {
  return InferWith(&Operator::Infer, inputs);
}

std::vector<Value> Network::BoundIo(const std::vector<Value>& inputs) const {
  return InferWith(&Operator::Bound, inputs);
}

Network::Computation Network::Compute(std::vector<Value> inputs,
                                      const WeightStore::Values& weights) const {
  using Clock = std::chrono::steady_clock;
  Computation computation{std::move(inputs), {}};
  std::vector<Value>& tensors = computation.tensors;
  for (const Step& step : steps_) {
    const Clock::time_point begin = Clock::now();
    if (step.operation == nullptr) {
      tensors.push_back(Value{constants_[step.constant].type, weights[step.constant]});
    } else {
      const Operands operands = OperandsOf(step, tensors);
      Value value{step.operation->Infer(operands), {}};
      value.elements = step.operation->Compute(operands, value.type);
      tensors.push_back(std::move(value));
    }
    computation.milliseconds.push_back(
        std::chrono::duration<float, std::milli>(Clock::now() - begin).count());
  }
  return computation;
}

}  // namespace tensorrt_node::standin
