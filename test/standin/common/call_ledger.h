#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tensorrt_node::standin {

/// Counts the calls of each function, and makes chosen ones fail.
class CallLedger {
 public:
  /// What is kept of one function.
  class Entry;

  CallLedger() = default;
  CallLedger(const CallLedger&) = delete;
  CallLedger& operator=(const CallLedger&) = delete;

  /// Reads failures from an environment variable: `function:error:after[:times]`, several separated
  /// by commas. A library whose functions return no error code gives `fixed_error`; its entries are
  /// `function:after[:times]`.
  void InjectFrom(const char* variable, std::optional<int> fixed_error = std::nullopt);

  /// From now on `after` calls of `function` succeed, then `times` of them fail with `error`.
  void Inject(const std::string& function, int error, int64_t after, int64_t times = kForever);

  /// The entry of a function, for callers that keep it: it stays where it is.
  Entry& Find(std::string_view function);

  /// Counts one call. Returns the error to fail with, or 0.
  int Enter(std::string_view function) { return Enter(Find(function)); }
  int Enter(Entry& entry);

  /// `{"cuMemAlloc_v2":3,...}`: how often each function was called.
  std::string Json() const;

  static constexpr int64_t kForever = INT64_MAX;

 private:
  struct Failure {
    int error;
    int64_t after;
    int64_t times;
  };

  /// Guards the map and the failures in it.
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

class CallLedger::Entry {
 private:
  friend class CallLedger;

  std::atomic<int64_t> calls_{0};
  /// Whether there is a failure to look at.
  std::atomic<bool> may_fail_{false};
  Failure failure_{};
};

}  // namespace tensorrt_node::standin
