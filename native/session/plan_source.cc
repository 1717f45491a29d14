#include "session/plan_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tensorrt_node {
namespace {

/// What passes through host memory at a time on the way from a file to the device.
constexpr int64_t kPieceBytes = 8 * 1024 * 1024;

bool IsOnDevice(const CudaDriver& driver, const void* address) {
  // CU_POINTER_ATTRIBUTE_MEMORY_TYPE and CU_MEMORYTYPE_DEVICE.
  constexpr int kMemoryType = 2;
  constexpr unsigned int kDeviceMemory = 2;
  unsigned int type = 0;
  // The driver knows nothing of ordinary host memory, and says so by an error.
  return driver.cuPointerGetAttribute(&type, kMemoryType, reinterpret_cast<CUdeviceptr>(address)) ==
             0 &&
         type == kDeviceMemory;
}

CUdeviceptr ToDevicePointer(void* address) { return reinterpret_cast<CUdeviceptr>(address); }

}  // namespace

int64_t BytesPlanSource::Read(uint64_t offset, void* destination, int64_t bytes,
                              void* stream) noexcept {
  if (bytes < 0 || offset > bytes_.size()) return -1;
  const size_t count = std::min<size_t>(bytes, bytes_.size() - offset);
  const CudaDriver& driver = device_->driver();
  if (!IsOnDevice(driver, destination)) {
    std::memcpy(destination, bytes_.data() + offset, count);
    return static_cast<int64_t>(count);
  }
  const CUresult result = driver.cuMemcpyHtoDAsync(
      ToDevicePointer(destination), bytes_.data() + offset, count, static_cast<CUstream>(stream));
  return result == 0 ? static_cast<int64_t>(count) : -1;
}

FilePlanSource::FilePlanSource(std::shared_ptr<const Device> device, std::string path)
    : device_(std::move(device)),
      path_(std::move(path)),
      file_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
      piece_(device_) {
  struct stat status{};
  if (file_ < 0 || fstat(file_, &status) != 0) {
    StatusError error = Unreadable();
    if (file_ >= 0) close(file_);
    throw error;
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

FilePlanSource::~FilePlanSource() { close(file_); }

StatusError FilePlanSource::Unreadable() const {
  return StatusError("ERR_FILE",
                     "The plan " + path_ + " cannot be read: " + std::strerror(errno) + ".")
      .WithFile(path_);
}

int64_t FilePlanSource::Read(uint64_t offset, void* destination, int64_t bytes,
                             void* stream) noexcept {
  if (bytes < 0 || offset > size_) return -1;
  try {
    return IsOnDevice(device_->driver(), destination)
               ? ReadToDevice(offset, ToDevicePointer(destination), bytes,
                              static_cast<CUstream>(stream))
               : ReadToHost(offset, destination, bytes);
  } catch (const StatusError& error) {
    failure_ = error;
    return -1;
  }
}

int64_t FilePlanSource::ReadToHost(uint64_t offset, void* destination, int64_t bytes) const {
  int64_t done = 0;
  while (done < bytes) {
    const ssize_t count =
        pread(file_, static_cast<char*>(destination) + done, static_cast<size_t>(bytes - done),
              static_cast<off_t>(offset + static_cast<uint64_t>(done)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Unreadable();
    if (count == 0) break;
    done += count;
  }
  return done;
}

int64_t FilePlanSource::ReadToDevice(uint64_t offset, CUdeviceptr destination, int64_t bytes,
                                     CUstream stream) {
  const CudaDriver& driver = device_->driver();
  piece_.Reserve(static_cast<size_t>(std::min(bytes, kPieceBytes)));
  int64_t done = 0;
  while (done < bytes) {
    const uint64_t step = static_cast<uint64_t>(done);
    const int64_t count =
        ReadToHost(offset + step, piece_.data(), std::min(bytes - done, kPieceBytes));
    if (count == 0) break;
    driver.Check(driver.cuMemcpyHtoDAsync(destination + step, piece_.data(),
                                          static_cast<size_t>(count), stream),
                 "cuMemcpyHtoDAsync");
    // The next piece goes through the same memory.
    driver.Check(driver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    done += count;
  }
  return done;
}

}  // namespace tensorrt_node
