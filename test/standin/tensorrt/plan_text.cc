#include "plan_text.h"

#include <iomanip>
#include <limits>
#include <locale>
#include <sstream>

namespace tensorrt_node::standin {

Failure Malformed(const std::string& message) {
  return Failure(nvinfer1::ErrorCode::kINVALID_ARGUMENT, "the network is malformed: " + message);
}

std::string ReadName(std::istream& line) {
  std::string name;
  if (!(line >> std::quoted(name))) throw Malformed("a name is missing");
  return name;
}

bool NameFollows(std::istream& line) { return (line >> std::ws).peek() == '"'; }

std::string ReadWord(std::istream& line) {
  std::string word;
  line >> word;
  return word;
}

int64_t ReadCount(std::istream& line) {
  int64_t count = -1;
  if (!(line >> count) || count < 0) throw Malformed("a count is missing");
  return count;
}

Shape ReadShape(std::istream& line) { return ParseShape(ReadWord(line)); }

std::vector<int64_t> ReadIntegers(std::istream& line) { return ParseIntegers(ReadWord(line)); }

TensorType ReadType(std::istream& line) {
  const nvinfer1::DataType type = ParseDataType(ReadWord(line));
  return TensorType{type, ReadShape(line)};
}

std::vector<Element> ReadElements(std::istream& line, const TensorType& type) {
  std::vector<Element> elements;
  for (Element element; line >> element;) elements.push_back(element);
  if (static_cast<int64_t>(elements.size()) == ElementCount(type.shape)) return elements;
  throw Malformed("a constant of shape " + ToText(type.shape) + " has " +
                  std::to_string(elements.size()) + " elements");
}

std::string WriteConstant(const std::string& name, const TensorType& type,
                          const std::vector<Element>& elements) {
  std::ostringstream line;
  line.imbue(std::locale::classic());
  line << std::quoted(name) << ' ' << ToText(type.type) << ' ' << ToText(type.shape)
       << std::setprecision(std::numeric_limits<Element>::max_digits10);
  for (const Element element : elements) line << ' ' << element;
  return line.str();
}

}  // namespace tensorrt_node::standin
