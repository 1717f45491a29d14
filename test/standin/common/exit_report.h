#pragma once

#include <string>

namespace tensorrt_node::standin {

/// Appends one line to the file that the environment variable names; does nothing without it.
/// Several processes may append to one file: each line is a single write.
void AppendReport(const char* variable, const std::string& line);

}  // namespace tensorrt_node::standin
