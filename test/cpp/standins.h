#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loader/tensorrt_library.h"
#include "status_error.h"

namespace tensorrt_node::test {

/// Long enough for a slow machine under ThreadSanitizer; only what hangs comes near.
inline constexpr unsigned int kSecondsPerTest = 240;

/// The products, as TensorRTLibrary names them.
inline const std::vector<std::string>& Products() {
  static const std::vector<std::string> products = {"tensorrt-rtx", "tensorrt"};
  return products;
}

/// For the names of tests, which must be words.
inline std::string ProductName(const testing::TestParamInfo<std::string>& info) {
  return info.param == "tensorrt" ? "TensorRT" : "TensorRTForRTX";
}

/// The folder of this program, which the package's libraries are in.
std::string OwnFolder();
std::string StandinPath(const std::string& file);
std::string LibraryPath(const std::string& product);

/// Makes everything that looks for the driver find the stand-ins: two GPUs, whose work takes a
/// random time. Call it before any of them is used.
void UseStandins();

std::shared_ptr<TensorRTLibrary> OpenLibrary(const std::string& product);

/// A plan for the stand-in of a product; test/standin/README.md has the grammar of descriptions.
std::vector<uint8_t> MakePlan(const std::string& product, const std::string& description);

/// Runs `body(0)` to `body(count - 1)`, each on a thread of its own, all from the same moment on.
/// Rethrows the first exception when all have ended.
void InThreads(int count, const std::function<void(int)>& body);

/// Gives a stream work that takes so long.
void Occupy(void* stream, std::chrono::milliseconds time);

/// Lets a function of the driver fail for as long as this lives, after some calls that succeed.
class InjectedFailure {
 public:
  InjectedFailure(std::string function, int error, int after_calls = 0);
  ~InjectedFailure();
  InjectedFailure(const InjectedFailure&) = delete;
  InjectedFailure& operator=(const InjectedFailure&) = delete;

 private:
  const std::string function_;
};

/// The code of the StatusError that `body` throws; empty where it throws none.
template <typename Body>
std::string CodeOf(Body&& body) {
  try {
    body();
  } catch (const StatusError& error) {
    return error.code();
  }
  return {};
}

/// Every test leaves nothing on the device, breaks no rule of the driver's, and ends: one that
/// hangs is ended by a signal.
class StandinTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// For tests that break rules on purpose.
  void ExpectViolations() { violations_expected_ = true; }

 private:
  int64_t violations_ = 0;
  bool violations_expected_ = false;
};

/// The same for tests that run once per product.
class ProductTest : public StandinTest, public testing::WithParamInterface<std::string> {
 protected:
  std::shared_ptr<TensorRTLibrary> Library() const { return OpenLibrary(GetParam()); }
};

}  // namespace tensorrt_node::test
