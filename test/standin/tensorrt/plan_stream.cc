#include "plan_stream.h"

#include <algorithm>

#include "cuda_driver.h"
#include "plan.h"
#include "types.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::SeekPosition;

/// Small, so that a plan of a test takes several.
constexpr size_t kPieceBytes = 100;

Failure Unreadable(const std::string& message) {
  return Failure(nvinfer1::ErrorCode::kINVALID_ARGUMENT, message);
}

void Seek(nvinfer1::IStreamReaderV2& reader, int64_t offset, SeekPosition from) {
  if (!reader.seek(offset, from)) throw Unreadable("the stream of the plan cannot be positioned");
}

/// `destination` is on the device where there is a stream, else on the host.
void ReadPieces(nvinfer1::IStreamReaderV2& reader, char* destination, size_t bytes,
                CUstream stream) {
  size_t done = 0;
  while (done < bytes) {
    const auto wanted = static_cast<int64_t>(std::min(kPieceBytes, bytes - done));
    const int64_t count = reader.read(destination + done, wanted, stream);
    if (count <= 0) throw Unreadable("the stream ends inside the plan");
    if (count > wanted) throw Unreadable("the stream gave more than it was asked for");
    done += count;
  }
}

char* ToPointer(CUdeviceptr address) { return reinterpret_cast<char*>(address); }

/// A stream for the copies of a reader.
class CopyStream {
 public:
  CopyStream() { CheckDriver("cuStreamCreate", cuStreamCreate(&stream_, CU_STREAM_NON_BLOCKING)); }
  /// Waits for the copies, so that what they write to may go.
  ~CopyStream() {
    cuStreamSynchronize(stream_);
    cuStreamDestroy_v2(stream_);
  }
  CopyStream(const CopyStream&) = delete;
  CopyStream& operator=(const CopyStream&) = delete;

  CUstream get() const { return stream_; }

 private:
  CUstream stream_ = nullptr;
};

}  // namespace

std::string ReadPlanStream(nvinfer1::IStreamReaderV2& reader) {
  std::string plan(kHeaderBytes, '\0');
  ReadPieces(reader, plan.data(), kHeaderBytes, nullptr);
  const PlanHeader header = ReadPlanHeader(plan.data(), plan.size());
  if (!header.of_this_product || header.total_bytes <= kHeaderBytes) return plan;

  const size_t rest = header.total_bytes - kHeaderBytes;
  const size_t on_host = rest / 2;
  const size_t on_device = rest - on_host;
  Seek(reader, 0, SeekPosition::kSET);
  Seek(reader, kHeaderBytes, SeekPosition::kCUR);
  std::string first(on_host, '\0');
  ReadPieces(reader, first.data(), on_host, nullptr);

  const DeviceBlock block(on_device);
  const CopyStream stream;
  ReadPieces(reader, ToPointer(block.address()), on_device, stream.get());
  std::string second(on_device, '\0');
  CheckDriver("cuMemcpyDtoHAsync_v2",
              cuMemcpyDtoHAsync_v2(second.data(), block.address(), on_device, stream.get()));
  CheckDriver("cuStreamSynchronize", cuStreamSynchronize(stream.get()));
  return plan + first + second;
}

std::unique_ptr<DeviceBlock> ReadPlanToDevice(nvinfer1::IStreamReaderV2& reader, size_t bytes,
                                              CUstream stream) {
  auto block = std::make_unique<DeviceBlock>(bytes);
  try {
    Seek(reader, 0, SeekPosition::kSET);
    ReadPieces(reader, ToPointer(block->address()), bytes, stream);
  } catch (const Failure&) {
    // The copies that were enqueued still write to the block.
    cuStreamSynchronize(stream);
    throw;
  }
  return block;
}

}  // namespace tensorrt_node::standin
