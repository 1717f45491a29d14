#pragma once

#include <dlfcn.h>

#include <optional>
#include <string>
#include <utility>

namespace tensorrt_node {

/// A library opened with dlopen and kept for the life of the process: NVIDIA's libraries run
/// threads and exit handlers of their own that must not lose their code.
class SharedLibrary {
 public:
  /// Empty, with the loader's reason in `error`, where it cannot be opened.
  static std::optional<SharedLibrary> Open(const std::string& path, std::string& error) {
    void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle != nullptr) return SharedLibrary(handle);
    const char* const reason = dlerror();
    error = reason == nullptr ? "unknown reason" : reason;
    return std::nullopt;
  }

  SharedLibrary(SharedLibrary&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  SharedLibrary& operator=(SharedLibrary&&) = delete;
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;
  ~SharedLibrary() {
    if (handle_ != nullptr) dlclose(handle_);
  }

  void* handle() const { return handle_; }

  /// Null where the library has no such symbol.
  template <typename Function>
  Function Symbol(const char* name) const {
    return reinterpret_cast<Function>(dlsym(handle_, name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}

  void* handle_;
};

}  // namespace tensorrt_node
