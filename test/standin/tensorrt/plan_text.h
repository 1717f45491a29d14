#pragma once

#include <istream>
#include <string>
#include <vector>

#include "types.h"

namespace tensorrt_node::standin {

// What a statement of a plan is made of. Each function throws a Failure where something else
// stands.

Failure Malformed(const std::string& message);

/// A name in quotation marks.
std::string ReadName(std::istream& line);
/// Whether a name follows.
bool NameFollows(std::istream& line);
std::string ReadWord(std::istream& line);
int64_t ReadCount(std::istream& line);
Shape ReadShape(std::istream& line);
std::vector<int64_t> ReadIntegers(std::istream& line);

/// `type` and `shape`, as they stand behind the name of an input or a constant.
TensorType ReadType(std::istream& line);

/// The rest of the line, which are elements of this type. Throws where their number is another one.
std::vector<Element> ReadElements(std::istream& line, const TensorType& type);

/// `"name" float32 [2] 0.5 1`: the statement of a constant behind `op constant`, and a line of the
/// files that the refitter reads.
std::string WriteConstant(const std::string& name, const TensorType& type,
                          const std::vector<Element>& elements);

}  // namespace tensorrt_node::standin
