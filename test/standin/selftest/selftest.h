#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../cuda/control_api.h"
#include "../cuda/driver_api.h"

/// Counts a check, and prints it where it fails.
#define CHECK(condition) ::selftest::Check((condition), #condition, __FILE__, __LINE__)

namespace selftest {

void Check(bool passed, const char* text, const char* file, int line);

/// Environment variables, as `NAME=value`.
using Variables = std::vector<std::string>;

/// Runs `body` in a process of its own, where nothing of the stand-ins has been used yet, and
/// counts its checks here. What it writes to standard error is returned, so that expected
/// complaints do not hide others.
std::string RunInChild(const Variables& variables, const std::function<void()>& body);

/// A new file name in the folder for temporary files.
std::string TemporaryFile();
std::string ReadFile(const std::string& path);
bool Contains(const std::string& text, const std::string& part);

/// Retains device 0's primary context and makes it current on this thread.
class CurrentDevice {
 public:
  CurrentDevice();
  ~CurrentDevice();
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

  CUcontext context = nullptr;
};

/// Of the current device.
int64_t FreeBytes();

/// Holds a stream at its present point until `Open`.
class Gate {
 public:
  explicit Gate(CUstream stream);
  ~Gate() { Open(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void Open();

 private:
  struct State;
  State* const state_;
  bool open_ = false;
};

void TestCudaDriver();
void TestCudaGraphs();
void TestCudaMemory();
void TestNvml();
void TestTensorRT();

}  // namespace selftest
