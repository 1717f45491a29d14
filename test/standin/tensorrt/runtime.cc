#include "runtime.h"

#include <utility>

#include "engine.h"
#include "network.h"
#include "plan.h"
#include "plan_stream.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

}  // namespace

Runtime::Runtime(nvinfer1::ILogger& logger) : RuntimeDefaults(std::make_shared<LogSink>(logger)) {
  reporter_.Verbose("runtime " + ToText(LibraryVersion()) + " created");
}

Runtime::~Runtime() {
  const bool last = reporter_.log().use_count() == 1;
  if (!last) reporter_.Violation("a runtime was destroyed before its engines");
  reporter_.log()->Silence();
}

nvinfer1::ICudaEngine* Runtime::deserializeCudaEngine(const void* blob, std::size_t size) noexcept {
  return reporter_.Run<nvinfer1::ICudaEngine*>("deserializeCudaEngine", nullptr, [&] {
    if (blob == nullptr) throw Failure(ErrorCode::kINVALID_ARGUMENT, "the plan is null");
    return Deserialize(std::string(static_cast<const char*>(blob), size));
  });
}

nvinfer1::ICudaEngine* Runtime::deserializeCudaEngineV2(
    nvinfer1::IStreamReaderV2& reader) noexcept {
  return reporter_.Run<nvinfer1::ICudaEngine*>("deserializeCudaEngineV2", nullptr,
                                               [&] { return Deserialize(ReadPlanStream(reader)); });
}

nvinfer1::ICudaEngine* Runtime::Deserialize(const std::string& plan) {
  auto network = std::make_shared<const Network>(ReadPlan(plan.data(), plan.size()));
  reporter_.Verbose("engine '" + network->facts().name + "' has " +
                    std::to_string(network->io().size()) + " IO tensors and " +
                    std::to_string(network->steps().size()) + " operators");
  reporter_.Warn("engines compute on the host: their speed says nothing about a GPU");
  return new Engine(reporter_,
                    std::make_shared<EngineState>(plan, std::move(network), weights_loading()));
}

#ifdef TRT_MAJOR_RTX

int64_t Runtime::getEngineHeaderSize() const noexcept { return kHeaderBytes; }

nvinfer1::EngineValidity Runtime::getEngineValidity(const void* blob, int64_t size,
                                                    uint64_t* diagnostics) const noexcept {
  using nvinfer1::EngineInvalidityDiagnostics;
  using nvinfer1::EngineValidity;
  uint64_t found = static_cast<uint64_t>(EngineInvalidityDiagnostics::kMALFORMED_ENGINE);
  const EngineValidity validity = reporter_.Run("getEngineValidity", EngineValidity::kINVALID, [&] {
    const PlanHeader header = ReadPlanHeader(blob, size < 0 ? 0 : size);
    if (!header.of_this_product) return EngineValidity::kINVALID;
    found = header.diagnostics;
    if (header.version != LibraryVersion()) {
      found |= static_cast<uint64_t>(EngineInvalidityDiagnostics::kVERSION_MISMATCH);
    }
    if (found != 0) return EngineValidity::kINVALID;
    return static_cast<EngineValidity>(header.validity);
  });
  if (diagnostics != nullptr) *diagnostics = found;
  return validity;
}

#endif

}  // namespace tensorrt_node::standin
