#include "file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "status_error.h"

namespace tensorrt_node {
namespace {

constexpr mode_t kEveryoneMayShare = 0666;  // less the umask

/// A call of the operating system that a signal may interrupt.
template <typename Call>
int Retried(Call call) {
  int result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

StatusError Failure(const std::string& path) {
  return StatusError("ERR_FILE", "Cannot lock '" + path + "': " + std::strerror(errno) + ".")
      .WithFile(path);
}

/// Whether `path` still names the file behind `descriptor`.
bool IsStillAt(const std::string& path, int descriptor) {
  struct stat locked{};
  struct stat named{};
  return fstat(descriptor, &locked) == 0 && stat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace

std::shared_ptr<FileLock> FileLock::Try(const std::string& path, Mode mode) {
  const bool shared = mode == Mode::kShared;
  const int flags = O_CLOEXEC | (shared ? O_RDONLY : O_RDWR | O_CREAT);
  const int descriptor = Retried([&] { return open(path.c_str(), flags, kEveryoneMayShare); });
  if (descriptor < 0 && shared && errno == ENOENT) return nullptr;
  if (descriptor < 0) throw Failure(path);
  const auto lock = std::shared_ptr<FileLock>(new FileLock(descriptor));
  const int operation = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (Retried([&] { return flock(descriptor, operation); }) < 0) {
    if (errno == EWOULDBLOCK) return nullptr;
    throw Failure(path);
  }
  return IsStillAt(path, descriptor) ? lock : nullptr;
}

FileLock::~FileLock() { close(descriptor_); }

}  // namespace tensorrt_node
