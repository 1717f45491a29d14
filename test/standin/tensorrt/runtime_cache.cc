#include "runtime_cache.h"

#include <sstream>

#include "cuda_driver.h"
#include "host_memory.h"
#include "version.h"

namespace tensorrt_node::standin {

bool CompiledKernels::Add(const std::string& kernel) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kernels_.insert(kernel).second;
}

void CompiledKernels::Merge(const std::set<std::string>& kernels) {
  const std::lock_guard<std::mutex> lock(mutex_);
  kernels_.insert(kernels.begin(), kernels.end());
}

void CompiledKernels::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  kernels_.clear();
}

std::set<std::string> CompiledKernels::Read() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kernels_;
}

#ifdef TRT_MAJOR_RTX

namespace {

/// The first line of a serialized cache; what it names must be the same where it is read.
std::string Header() {
  return "stand-in runtime cache " + ToText(LibraryVersion()) + " sm " + ComputeCapability();
}

}  // namespace

nvinfer1::IHostMemory* RuntimeCache::serialize() const noexcept {
  try {
    if (Process::Instance().ledger.Enter("serializeRuntimeCache") != 0) return nullptr;
    std::string text = Header() + '\n';
    for (const std::string& kernel : kernels_->Read()) text += kernel + '\n';
    return new HostMemory(text);
  } catch (const std::exception&) {
    return nullptr;
  }
}

bool RuntimeCache::deserialize(const void* blob, size_t size) noexcept {
  try {
    if (Process::Instance().ledger.Enter("deserializeRuntimeCache") != 0 || blob == nullptr) {
      return false;
    }
    const std::string text(static_cast<const char*>(blob), size);
    std::istringstream lines(text);
    std::string line;
    const bool whole = !text.empty() && text.back() == '\n';
    if (!whole || !std::getline(lines, line) || line != Header()) return false;
    std::set<std::string> kernels;
    while (std::getline(lines, line)) kernels.insert(line);
    kernels_->Merge(kernels);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool RuntimeCache::reset() noexcept {
  kernels_->Clear();
  return true;
}

#endif

}  // namespace tensorrt_node::standin
