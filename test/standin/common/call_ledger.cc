#include "call_ledger.h"

#include <vector>

#include "environment.h"

namespace tensorrt_node::standin {

void CallLedger::InjectFrom(const char* variable, std::optional<int> fixed_error) {
  const size_t after = fixed_error ? 1 : 2;
  for (const std::string& entry : Split(Environment(variable, ""), ',')) {
    const std::vector<std::string> field = Split(entry, ':');
    if (field.size() != after + 1 && field.size() != after + 2) {
      RefuseSetUp(std::string("expected function:") + (fixed_error ? "" : "error:") +
                  "after[:times] in " + variable + " but received '" + entry + "'");
    }
    const auto number = [&](size_t index) { return ParseInteger(field[index], variable); };
    Inject(field[0], fixed_error ? *fixed_error : static_cast<int>(number(1)), number(after),
           field.size() > after + 1 ? number(after + 1) : kForever);
  }
}

void CallLedger::Inject(const std::string& function, int error, int64_t after, int64_t times) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failures_[function] = Failure{error, after, times};
}

int CallLedger::Enter(std::string_view function) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto counted = calls_.find(function);
  if (counted == calls_.end()) {
    calls_.emplace(function, 1);
  } else {
    ++counted->second;
  }
  const auto found = failures_.find(function);
  if (found == failures_.end()) return 0;
  Failure& failure = found->second;
  if (failure.after > 0) {
    --failure.after;
    return 0;
  }
  if (failure.times == 0) return 0;
  if (failure.times != kForever) --failure.times;
  return failure.error;
}

std::string CallLedger::Json() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string json = "{";
  for (const auto& [function, count] : calls_) {
    if (json.size() > 1) json += ',';
    json += '"' + function + "\":" + std::to_string(count);
  }
  return json + '}';
}

}  // namespace tensorrt_node::standin
