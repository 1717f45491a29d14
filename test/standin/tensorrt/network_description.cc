// How a Network is read from its description and written again.

#include <algorithm>
#include <locale>
#include <sstream>
#include <utility>

#include "network.h"
#include "plan_text.h"

namespace tensorrt_node::standin {

namespace {

/// In the place of a constant's elements where a plan was stripped of them.
constexpr char kStrippedMark = '*';

}  // namespace

Network::Network(const std::string& description) {
  std::istringstream lines(description);
  for (std::string text; std::getline(lines, text);) {
    std::istringstream line(text);
    line.imbue(std::locale::classic());
    Read(ReadWord(line), line);
    lines_.push_back(text);
  }
  if (io_.size() == input_count_) throw Malformed("it has no output");
  if (profiles_.empty()) profiles_.emplace_back();
  MarkShapeTensors();
  MarkHostOutputs();
  CheckProfiles();
}

void Network::Read(const std::string& statement, std::istream& line) {
  if (facts_.Read(statement, line)) return;
  if (statement == "input") {
    ReadInput(line);
  } else if (statement == "op") {
    ReadStep(line);
  } else if (statement == "output") {
    AddIo(FindTensor(ReadName(line)));
  } else if (statement == "profile") {
    profiles_.emplace_back();
  } else if (statement == "range") {
    const std::string input = ReadName(line);
    LastProfile().shapes[input] = ReadRange(line);
  } else if (statement == "values") {
    const std::string input = ReadName(line);
    LastProfile().values[input] = ReadRange(line);
  } else if (statement == "profileScratch") {
    LastProfile().scratch_bytes = ReadCount(line);
  } else if (statement == "debug") {
    debug_tensors_.push_back(FindTensor(ReadName(line)));
  } else if (statement == "fused") {
    ReadFused(line);
  } else if (statement == "format") {
    ReadFormat(line);
  } else if (statement == "alias") {
    ReadAlias(line);
  } else {
    throw Malformed("'" + statement + "' is no statement");
  }
}

void Network::AddTensor(const std::string& name, const TensorType& type) {
  tensor_names_.push_back(name);
  tensor_types_.push_back(type);
}

void Network::ReadInput(std::istream& line) {
  if (!steps_.empty()) throw Malformed("inputs must come before operators");
  const std::string name = ReadName(line);
  AddTensor(name, ReadType(line));
  AddIo(input_count_++);
}

void Network::ReadStep(std::istream& line) {
  const std::string kind = ReadWord(line);
  const std::string result = ReadName(line);
  if (kind == "constant") return ReadConstant(result, line);
  Step step;
  step.kind = kind;
  // The attributes follow the operands, whose number only the operator knows.
  std::vector<Value> operands;
  while (NameFollows(line)) {
    step.operands.push_back(FindTensor(ReadName(line)));
    operands.push_back(Value{tensor_types_[step.operands.back()], {}});
  }
  step.operation = MakeOperator(kind, line);
  if (operands.size() != step.operation->operand_count()) {
    throw Malformed("operator '" + kind + "' of '" + result + "' has " +
                    std::to_string(operands.size()) + " operands");
  }
  Operands pointers;
  for (const Value& operand : operands) pointers.push_back(&operand);
  data_dependent_ = data_dependent_ || step.operation->data_dependent();
  AddTensor(result, step.operation->Infer(pointers));
  steps_.push_back(std::move(step));
}

void Network::ReadConstant(const std::string& name, std::istream& line) {
  Constant constant{name, ReadType(line), {}, lines_.size()};
  if (!IsKnown(constant.type.shape)) throw Malformed("a constant has open dimensions");
  const bool stripped = (line >> std::ws).peek() == kStrippedMark;
  if (!stripped) constant.elements = ReadElements(line, constant.type);
  AddTensor(name, constant.type);
  Step step;
  step.kind = "constant";
  step.constant = constants_.size();
  steps_.push_back(std::move(step));
  constants_.push_back(std::move(constant));
}

void Network::AddIo(size_t tensor) {
  const TensorType& type = tensor_types_[tensor];
  const TensorFormat linear;
  io_.push_back(
      IoTensor{tensor_names_[tensor], type, tensor, linear, linear.Describe(type.type), false, ""});
}

void Network::ReadFused(std::istream& line) {
  const size_t first = FindConstant(ReadName(line));
  fused_.emplace_back(first, FindConstant(ReadName(line)));
}

void Network::ReadFormat(std::istream& line) {
  IoTensor& tensor = RequireIo(ReadName(line));
  tensor.format = TensorFormat(ReadWord(line));
  tensor.format_description = tensor.format.Describe(tensor.type.type);
  const bool fits = tensor.format.vectorized_dim() < static_cast<int>(tensor.type.shape.size());
  if (!fits) throw Malformed("'" + tensor.name + "' has no dimension that could be vectorized");
}

void Network::ReadAlias(std::istream& line) {
  IoTensor& output = RequireIo(ReadName(line));
  output.alias = RequireIo(ReadName(line)).name;
}

Profile& Network::LastProfile() {
  if (profiles_.empty()) throw Malformed("a range comes before any profile");
  return profiles_.back();
}

void Network::CheckProfiles() const {
  for (const Profile& profile : profiles_) {
    for (const auto* ranges : {&profile.shapes, &profile.values}) {
      for (const auto& [name, range] : *ranges) {
        const int index = FindIo(name.c_str());
        if (index < 0 || !IsInput(index)) {
          throw Malformed("'" + name + "' has a range but no input");
        }
        const Shape& shape = io_[index].type.shape;
        const size_t length = ranges == &profile.shapes ? shape.size() : ElementCount(shape);
        if (range.min.size() != length) {
          throw Malformed("the range of '" + name + "' has another number of dimensions");
        }
      }
    }
    for (size_t input = 0; input < input_count_; ++input) {
      const IoTensor& tensor = io_[input];
      const bool open = !IsKnown(tensor.type.shape) && profile.shapes.count(tensor.name) == 0;
      if (open) throw Malformed("dynamic input '" + tensor.name + "' has no range");
      const bool any_value = tensor.on_host && profile.values.count(tensor.name) == 0;
      if (any_value) throw Malformed("shape tensor '" + tensor.name + "' has no values");
    }
  }
}

std::string Network::Describe(const WeightStore::Values& weights, Stripped stripped,
                              bool refittable) const {
  std::vector<std::string> lines = lines_;
  for (size_t index = 0; index < constants_.size(); ++index) {
    const Constant& constant = constants_[index];
    const bool strip = stripped == Stripped::kYes || weights[index].empty();
    if (!strip && weights[index] == constant.elements) continue;
    std::string& line = lines[constant.line];
    line = "op constant " + WriteConstant(constant.name, constant.type,
                                          strip ? std::vector<Element>() : weights[index]);
    if (strip) line += std::string(" ") + kStrippedMark;
  }
  std::string description;
  for (const std::string& line : lines) {
    if (refittable || line != "refittable") description += line + '\n';
  }
  return description;
}

}  // namespace tensorrt_node::standin
