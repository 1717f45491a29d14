#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tensorrt_node::standin {

/// Counts the calls of each function, and makes chosen ones fail.
class CallLedger {
 public:
  CallLedger() = default;
  CallLedger(const CallLedger&) = delete;
  CallLedger& operator=(const CallLedger&) = delete;

  /// Reads failures from an environment variable: `function:error:after[:times]`, several separated
  /// by commas. A library whose functions return no error code gives `fixed_error`; its entries are
  /// `function:after[:times]`.
  void InjectFrom(const char* variable, std::optional<int> fixed_error = std::nullopt);

  /// From now on `after` calls of `function` succeed, then `times` of them fail with `error`.
  void Inject(const std::string& function, int error, int64_t after, int64_t times = kForever);

  /// Counts one call. Returns the error to fail with, or 0.
  int Enter(std::string_view function);

  /// `{"cuMemAlloc_v2":3,...}`: how often each function was called.
  std::string Json() const;

  static constexpr int64_t kForever = INT64_MAX;

 private:
  struct Failure {
    int error;
    int64_t after;
    int64_t times;
  };

  mutable std::mutex mutex_;
  std::map<std::string, int64_t, std::less<>> calls_;
  std::map<std::string, Failure, std::less<>> failures_;
};

}  // namespace tensorrt_node::standin
