#include "environment.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace tensorrt_node::standin {

std::string Environment(const char* variable, const std::string& fallback) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? fallback : value;
}

int64_t EnvironmentInteger(const char* variable, int64_t fallback) {
  const std::string text = Environment(variable, "");
  return text.empty() ? fallback : ParseInteger(text, variable);
}

int64_t ParseInteger(const std::string& text, const std::string& origin) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    RefuseSetUp("expected a whole number in " + origin + " but received '" + text + "'");
  }
  return value;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

void RefuseSetUp(const std::string& message) {
  std::fprintf(stderr, "stand-in: %s\n", message.c_str());
  std::abort();
}

}  // namespace tensorrt_node::standin
