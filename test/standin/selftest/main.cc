// Drives the stand-ins as an application does: the CUDA driver and NVML by their C functions,
// TensorRT by its real header. Prints the number of checks; ends with 1 where one failed.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "selftest.h"

namespace selftest {

namespace {

std::atomic<int> checks{0};
std::atomic<int> failures{0};

}  // namespace

void Check(bool passed, const char* text, const char* file, int line) {
  ++checks;
  if (passed) return;
  ++failures;
  std::fprintf(stdout, "%s:%d: failed: %s\n", file, line, text);
}

std::string TemporaryFile() {
  std::string path = std::filesystem::temp_directory_path() / "standin-selftest-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) std::abort();
  close(file);
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string RunInChild(const Variables& variables, const std::function<void()>& body) {
  const std::string counts = TemporaryFile();
  const std::string errors = TemporaryFile();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    checks = 0;
    failures = 0;
    const int file = open(errors.c_str(), O_WRONLY | O_TRUNC);
    dup2(file, STDERR_FILENO);
    for (const std::string& variable : variables) {
      const size_t equals = variable.find('=');
      setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
    body();
    std::ofstream(counts) << checks << ' ' << failures;
    std::exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  int child_checks = 0;
  int child_failures = 0;
  std::ifstream(counts) >> child_checks >> child_failures;
  checks += child_checks;
  failures += child_failures;
  std::string complaints = ReadFile(errors);
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0 && child_checks > 0;
  CHECK(ended_well);
  if (!ended_well || Contains(complaints, "Sanitizer")) {
    CHECK(!Contains(complaints, "Sanitizer"));
    std::fprintf(stdout, "%s\n", complaints.c_str());
  }
  unlink(counts.c_str());
  unlink(errors.c_str());
  return complaints;
}

CurrentDevice::CurrentDevice() {
  CHECK(cuInit(0) == CUDA_SUCCESS);
  CHECK(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
  CHECK(cuCtxPushCurrent_v2(context) == CUDA_SUCCESS);
}

CurrentDevice::~CurrentDevice() {
  cuCtxPopCurrent_v2(nullptr);
  cuDevicePrimaryCtxRelease_v2(0);
}

int64_t FreeBytes() {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  CHECK(cuMemGetInfo_v2(&free_bytes, &total_bytes) == CUDA_SUCCESS);
  return static_cast<int64_t>(free_bytes);
}

struct Gate::State {
  std::promise<void> promise;
  std::future<void> opened = promise.get_future();
};

Gate::Gate(CUstream stream) : state_(new State) {
  // A kernel, because host functions are not called after a sticky error.
  const CUhostFn wait = [](void* state) { static_cast<State*>(state)->opened.wait(); };
  const CUhostFn release = [](void* state) { delete static_cast<State*>(state); };
  CHECK(standin_cuda_launch(stream, wait, release, state_) == CUDA_SUCCESS);
}

void Gate::Open() {
  if (open_) return;
  open_ = true;
  // The stream deletes the state, and with it the promise, as soon as it sees the value.
  std::promise<void> promise = std::move(state_->promise);
  promise.set_value();
}

}  // namespace selftest

int main() {
  selftest::TestCudaDriver();
  selftest::TestCudaGraphs();
  selftest::TestCudaMemory();
  selftest::TestNvml();
  selftest::TestTensorRT();
  std::printf("%d checks, %d failed\n", selftest::checks.load(), selftest::failures.load());
  return selftest::failures == 0 ? 0 : 1;
}
