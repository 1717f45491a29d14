#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "../common/call_ledger.h"

namespace tensorrt_node::standin {

/// What the library counts for the whole process.
struct Process {
  /// Never destroyed: objects may outlive static destructors.
  static Process& Instance();

  /// One line of JSON for STANDIN_TENSORRT_REPORT.
  std::string Report() const;

  CallLedger ledger;
  /// STANDIN_TENSORRT_INFER_MS: how long each inference takes at least.
  const std::chrono::milliseconds inference_time;
  std::atomic<int> runtimes{0};
  std::atomic<int> engines{0};
  std::atomic<int> contexts{0};
  /// Objects of all other classes.
  std::atomic<int> others{0};
  std::atomic<int64_t> violations{0};

 private:
  Process();
};

/// Counts an object as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<int>& counter) : counter_(counter) { ++counter_; }
  ~Counted() { --counter_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>& counter_;
};

}  // namespace tensorrt_node::standin
