#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tensorrt_node::standin {

/// The value of an environment variable, or `fallback` where it is absent or empty.
std::string Environment(const char* variable, const std::string& fallback);

/// A whole number from an environment variable. Ends the process where the value is none: a test
/// that misspells its set-up must not pass by accident.
int64_t EnvironmentInteger(const char* variable, int64_t fallback);

/// A whole number from `text`, with the same end for anything else; `origin` says where it was.
int64_t ParseInteger(const std::string& text, const std::string& origin);

std::vector<std::string> Split(const std::string& text, char separator);

/// Ends the process with a line on standard error.
[[noreturn]] void RefuseSetUp(const std::string& message);

}  // namespace tensorrt_node::standin
