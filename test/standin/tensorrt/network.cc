#include "network.h"

#include <algorithm>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

Failure Malformed(const std::string& message) {
  return Failure(ErrorCode::kINVALID_ARGUMENT, "the network is malformed: " + message);
}

std::string ReadName(std::istream& line) {
  std::string name;
  if (!(line >> std::quoted(name))) throw Malformed("a name is missing");
  return name;
}

Shape ReadShape(std::istream& line) {
  std::string text;
  line >> text;
  return ParseShape(text);
}

}  // namespace

Network::Network(const std::string& description) {
  std::istringstream lines(description);
  for (std::string text; std::getline(lines, text);) {
    std::istringstream line(text);
    line.imbue(std::locale::classic());
    std::string statement;
    line >> statement;
    if (statement == "name") {
      name_ = ReadName(line);
    } else if (statement == "input") {
      ReadInput(line);
    } else if (statement == "op") {
      ReadStep(line);
    } else if (statement == "output") {
      ReadOutput(line);
    } else if (statement == "profile") {
      profiles_.emplace_back();
    } else if (statement == "range") {
      ReadRange(line);
    } else if (statement == "scratch") {
      line >> scratch_bytes_;
    } else {
      throw Malformed("'" + statement + "' is no statement");
    }
  }
  if (outputs_.empty()) throw Malformed("it has no output");
  if (profiles_.empty()) profiles_.emplace_back();
  CheckProfiles();
}

void Network::ReadInput(std::istream& line) {
  if (!steps_.empty()) throw Malformed("inputs must come before operators");
  const std::string name = ReadName(line);
  std::string type;
  line >> type;
  tensor_names_.push_back(name);
  tensor_types_.push_back(TensorType{ParseDataType(type), ReadShape(line)});
  io_.push_back(Tensor{name, tensor_types_.back()});
  ++input_count_;
}

void Network::ReadStep(std::istream& line) {
  std::string operator_name;
  line >> operator_name;
  const std::string result = ReadName(line);
  Step step;
  // The attributes follow the operands, whose number only the operator knows; a constant has no
  // operands, so its attributes come at once.
  std::vector<std::string> operand_names;
  while ((line >> std::ws).peek() == '"') operand_names.push_back(ReadName(line));
  step.operation = MakeOperator(operator_name, line);
  if (operand_names.size() != step.operation->operand_count()) {
    throw Malformed("operator '" + operator_name + "' of '" + result + "' has " +
                    std::to_string(operand_names.size()) + " operands");
  }
  std::vector<TensorType> operand_types;
  for (const std::string& name : operand_names) {
    step.operands.push_back(FindTensor(name));
    operand_types.push_back(tensor_types_[step.operands.back()]);
  }
  tensor_names_.push_back(result);
  tensor_types_.push_back(step.operation->Infer(operand_types));
  weight_bytes_ += step.operation->weight_bytes();
  layers_.push_back(operator_name + ' ' + result);
  steps_.push_back(std::move(step));
}

void Network::ReadOutput(std::istream& line) {
  const std::string name = ReadName(line);
  outputs_.push_back(FindTensor(name));
  io_.push_back(Tensor{name, tensor_types_[outputs_.back()]});
}

void Network::ReadRange(std::istream& line) {
  if (profiles_.empty()) throw Malformed("a range comes before any profile");
  const std::string input = ReadName(line);
  const Shape min = ReadShape(line);
  const Shape opt = ReadShape(line);
  profiles_.back()[input] = ShapeRange{min, opt, ReadShape(line)};
}

void Network::CheckProfiles() const {
  for (size_t profile = 0; profile < profiles_.size(); ++profile) {
    for (const auto& [name, range] : profiles_[profile]) {
      const int index = FindIo(name.c_str());
      if (index < 0 || !IsInput(index)) throw Malformed("'" + name + "' has a range but no input");
      const size_t rank = io_[index].type.shape.size();
      if (range.min.size() != rank || range.opt.size() != rank || range.max.size() != rank) {
        throw Malformed("the range of '" + name + "' has another number of dimensions");
      }
    }
    for (size_t input = 0; input < input_count_; ++input) {
      const bool has_range = profiles_[profile].count(io_[input].name) == 1;
      if (!has_range && !IsKnown(io_[input].type.shape)) {
        throw Malformed("dynamic input '" + io_[input].name + "' has no range");
      }
    }
  }
}

int Network::FindIo(const char* name) const {
  const auto found = std::find_if(io_.begin(), io_.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  return found == io_.end() ? -1 : static_cast<int>(found - io_.begin());
}

size_t Network::FindTensor(const std::string& name) const {
  const auto found = std::find(tensor_names_.begin(), tensor_names_.end(), name);
  if (found == tensor_names_.end()) throw Malformed("there is no tensor '" + name + "'");
  return found - tensor_names_.begin();
}

ShapeRange Network::ProfileRange(size_t profile, size_t input) const {
  const auto found = profiles_[profile].find(io_[input].name);
  if (found != profiles_[profile].end()) return found->second;
  const Shape& shape = io_[input].type.shape;
  return ShapeRange{shape, shape, shape};
}

std::vector<TensorType> Network::InferTypes(const std::vector<Shape>& input_shapes) const {
  std::vector<TensorType> types;
  for (size_t input = 0; input < input_count_; ++input) {
    types.push_back(TensorType{tensor_types_[input].type, input_shapes[input]});
  }
  for (const Step& step : steps_) {
    std::vector<TensorType> operands;
    for (const size_t operand : step.operands) operands.push_back(types[operand]);
    types.push_back(step.operation->Infer(operands));
  }
  return types;
}

std::vector<Shape> Network::InferShapes(const std::vector<Shape>& input_shapes) const {
  const std::vector<TensorType> types = InferTypes(input_shapes);
  std::vector<Shape> shapes = input_shapes;
  for (const size_t output : outputs_) shapes.push_back(types[output].shape);
  return shapes;
}

std::vector<Value> Network::Compute(std::vector<Value> values) const {
  std::vector<Shape> input_shapes;
  for (const Value& input : values) input_shapes.push_back(input.type.shape);
  const std::vector<TensorType> types = InferTypes(input_shapes);
  for (const Step& step : steps_) {
    std::vector<const Value*> operands;
    for (const size_t operand : step.operands) operands.push_back(&values[operand]);
    const TensorType& type = types[values.size()];
    values.push_back(Value{type, step.operation->Compute(operands, type)});
  }
  std::vector<Value> outputs;
  for (const size_t output : outputs_) outputs.push_back(values[output]);
  return outputs;
}

}  // namespace tensorrt_node::standin
