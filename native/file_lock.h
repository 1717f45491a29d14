#pragma once

#include <memory>
#include <string>

namespace tensorrt_node {

/// A lock on a file that any process can hold or share, by flock(2). The kernel releases it when
/// the process ends, however it ends; nothing stale stays behind.
class FileLock final {
 public:
  enum class Mode { kShared, kExclusive };

  /// Takes the lock, or gives null at once where somebody else is in the way, be it in this
  /// process.
  ///
  /// An exclusive lock makes the file where it is missing, a shared one gives null. Where the name
  /// no longer leads to the locked file, because another removed or replaced it meanwhile, the
  /// result is null too: whoever holds a lock may therefore remove its file.
  ///
  /// Throws ERR_FILE.
  static std::shared_ptr<FileLock> Try(const std::string& path, Mode mode);

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace tensorrt_node
