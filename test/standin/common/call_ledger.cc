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
  Entry& entry = Find(function);
  const std::lock_guard<std::mutex> lock(mutex_);
  entry.failure_ = Failure{error, after, times};
  entry.may_fail_ = true;
}

CallLedger::Entry& CallLedger::Find(std::string_view function) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(function);
  if (found != entries_.end()) return *found->second;
  return *entries_.emplace(function, std::make_unique<Entry>()).first->second;
}

int CallLedger::Enter(Entry& entry) {
  ++entry.calls_;
  if (!entry.may_fail_) return 0;
  const std::lock_guard<std::mutex> lock(mutex_);
  Failure& failure = entry.failure_;
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
  for (const auto& [function, entry] : entries_) {
    if (entry->calls_ == 0) continue;
    if (json.size() > 1) json += ',';
    json += '"' + function + "\":" + std::to_string(entry->calls_);
  }
  return json + '}';
}

}  // namespace tensorrt_node::standin
