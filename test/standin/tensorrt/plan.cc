#include "plan.h"

#include <cstdint>
#include <cstring>

#include "types.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

#ifdef TRT_MAJOR_RTX
constexpr char kMagic[] = "vtrt";
#else
constexpr char kMagic[] = "ftrt";
#endif
constexpr size_t kMagicBytes = 4;
constexpr size_t kTotalBytesOffset = 16;
constexpr size_t kVersionOffset = 24;
constexpr size_t kValidityOffset = 32;
constexpr size_t kDiagnosticsOffset = 40;
constexpr uint8_t kInvalid = 2;

}  // namespace

PlanHeader ReadPlanHeader(const void* blob, size_t size) {
  if (blob == nullptr || size < kHeaderBytes) {
    throw Failure(ErrorCode::kINVALID_ARGUMENT,
                  std::to_string(size) + " bytes are too few for the header of a plan");
  }
  const auto* bytes = static_cast<const uint8_t*>(blob);
  PlanHeader header;
  header.of_this_product = std::memcmp(bytes, kMagic, kMagicBytes) == 0;
  const uint8_t* version = bytes + kVersionOffset;
  header.version = Version{version[0], version[1], version[2], version[3]};
  std::memcpy(&header.total_bytes, bytes + kTotalBytesOffset, sizeof(header.total_bytes));
  header.validity = bytes[kValidityOffset];
  std::memcpy(&header.diagnostics, bytes + kDiagnosticsOffset, sizeof(header.diagnostics));
  return header;
}

std::string ReadPlan(const void* blob, size_t size) {
  const PlanHeader header = ReadPlanHeader(blob, size);
  if (!header.of_this_product) {
    throw Failure(ErrorCode::kINVALID_ARGUMENT,
                  std::string("Magic tag does not match: the plan does not begin with ") + kMagic);
  }
  if (header.version != LibraryVersion()) {
    throw Failure(ErrorCode::kUNSUPPORTED_STATE,
                  "Version tag does not match: the plan was built by " + ToText(header.version) +
                      ", this library is " + ToText(LibraryVersion()));
  }
  if (header.total_bytes != size) {
    throw Failure(ErrorCode::kINVALID_ARGUMENT,
                  "Size specified in header does not match: " + std::to_string(header.total_bytes) +
                      " bytes in the header, " + std::to_string(size) + " bytes were given");
  }
  if (header.validity == kInvalid || header.diagnostics != 0) {
    throw Failure(ErrorCode::kUNSUPPORTED_STATE, "the plan says of itself that it is not valid");
  }
  return std::string(static_cast<const char*>(blob) + kHeaderBytes, size - kHeaderBytes);
}

std::string WritePlan(const std::string& description) {
  std::string plan(kHeaderBytes, '\0');
  const uint64_t total_bytes = kHeaderBytes + description.size();
  std::memcpy(plan.data(), kMagic, kMagicBytes);
  std::memcpy(plan.data() + kTotalBytesOffset, &total_bytes, sizeof(total_bytes));
  const Version version = LibraryVersion();
  for (size_t part = 0; part < version.size(); ++part) {
    plan[kVersionOffset + part] = static_cast<char>(version[part]);
  }
  return plan + description;
}

}  // namespace tensorrt_node::standin
