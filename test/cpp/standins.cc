#include "standins.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "../standin/cuda/control_api.h"

namespace tensorrt_node::test {
namespace {

struct ProductFacts {
  const char* library;
  const char* magic;
  std::array<uint8_t, 4> version;
};

const ProductFacts& FactsOf(const std::string& product) {
  static const ProductFacts rtx = {"libtensorrt_rtx_standin.so", "vtrt", {1, 7, 1, 116}};
  static const ProductFacts enterprise = {"libnvinfer_standin.so", "ftrt", {11, 4, 0, 106}};
  return product == "tensorrt" ? enterprise : rtx;
}

}  // namespace

std::string OwnFolder() {
  std::array<char, PATH_MAX> path{};
  if (readlink("/proc/self/exe", path.data(), path.size() - 1) < 0) std::abort();
  const std::string program = path.data();
  return program.substr(0, program.rfind('/'));
}

std::string StandinPath(const std::string& file) { return OwnFolder() + "/standin/" + file; }

std::string LibraryPath(const std::string& product) {
  return StandinPath(FactsOf(product).library);
}

void UseStandins() {
  const auto set_unless_chosen = [](const char* name, const std::string& value) {
    setenv(name, value.c_str(), 0);
  };
  setenv("TENSORRT_NODE_LIBCUDA", StandinPath("libcuda_standin.so").c_str(), 1);
  setenv("TENSORRT_NODE_LIBNVML", StandinPath("libnvidia-ml_standin.so").c_str(), 1);
  set_unless_chosen("STANDIN_CUDA_DEVICES", "2");
  set_unless_chosen("STANDIN_CUDA_DELAY_US", "100");
}

std::shared_ptr<TensorRTLibrary> OpenLibrary(const std::string& product) {
  return TensorRTLibrary::Open({LibraryPath(product), "", ""});
}

std::vector<uint8_t> MakePlan(const std::string& product, const std::string& description) {
  constexpr size_t kHeaderBytes = 64;
  constexpr size_t kTotalBytesOffset = 16;
  constexpr size_t kVersionOffset = 24;
  const ProductFacts& facts = FactsOf(product);
  std::vector<uint8_t> plan(kHeaderBytes);
  const uint64_t total_bytes = kHeaderBytes + description.size();
  std::memcpy(plan.data(), facts.magic, std::strlen(facts.magic));
  std::memcpy(plan.data() + kTotalBytesOffset, &total_bytes, sizeof(total_bytes));
  std::memcpy(plan.data() + kVersionOffset, facts.version.data(), facts.version.size());
  plan.insert(plan.end(), description.begin(), description.end());
  return plan;
}

void InThreads(int count, const std::function<void(int)>& body) {
  std::promise<void> start;
  const std::shared_future<void> started = start.get_future().share();
  std::vector<std::future<void>> ends;
  for (int i = 0; i < count; ++i) {
    ends.push_back(std::async(std::launch::async, [&body, started, i] {
      started.wait();
      body(i);
    }));
  }
  start.set_value();
  for (const auto& end : ends) end.wait();
  for (auto& end : ends) end.get();
}

void Occupy(void* stream, std::chrono::milliseconds time) {
  using Time = std::chrono::milliseconds;
  const auto run = [](void* data) { std::this_thread::sleep_for(*static_cast<Time*>(data)); };
  const auto release = [](void* data) { delete static_cast<Time*>(data); };
  auto work = std::make_unique<Time>(time);
  if (standin_cuda_launch(static_cast<CUstream>(stream), run, release, work.get()) != 0) {
    throw std::runtime_error("the stand-in took no work");
  }
  static_cast<void>(work.release());
}

InjectedFailure::InjectedFailure(std::string function, int error, int after_calls)
    : function_(std::move(function)) {
  standin_cuda_fail(function_.c_str(), error, after_calls);
}

InjectedFailure::~InjectedFailure() { standin_cuda_fail(function_.c_str(), 0, 0); }

void StandinTest::SetUp() {
  alarm(kSecondsPerTest);
  violations_ = standin_cuda_violations();
}

void StandinTest::TearDown() {
  alarm(0);
  EXPECT_EQ(standin_cuda_live_allocations(), 0U) << "device memory was left behind";
  const int64_t violations = standin_cuda_violations();
  EXPECT_EQ(violations_expected_ ? violations_ : violations, violations_);
}

}  // namespace tensorrt_node::test
