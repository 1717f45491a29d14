#include "tensorrt/builder.h"

#include <utility>

#include "tensorrt/dims.h"

namespace tensorrt_node {
namespace {

class SerializedEngine final : public HostMemory {
 public:
  explicit SerializedEngine(std::unique_ptr<nvinfer1::IHostMemory> memory)
      : memory_(std::move(memory)) {}
  const void* data() const override { return memory_->data(); }
  size_t size() const override { return memory_->size(); }

 private:
  std::unique_ptr<nvinfer1::IHostMemory> memory_;
};

/// Tells the observer of a phase of our own for as long as it lives.
class PhaseScope {
 public:
  PhaseScope(BuildObserver& observer, std::string name)
      : observer_(observer), name_(std::move(name)) {
    observer_.PhaseStarted(name_);
  }
  ~PhaseScope() { observer_.PhaseFinished(name_); }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  BuildObserver& observer_;
  const std::string name_;
};

std::string NodeText(const NodeReference& node) {
  std::string text = node.name.empty() ? "a node" : "node '" + node.name + "'";
  if (!node.op_type.empty()) text += " (" + node.op_type + ")";
  return text;
}

}  // namespace

Builder::Builder(const Library& library, const BuildRequest& request, BuildObserver& observer)
    : library_(library), request_(request), observer_(observer), monitor_(observer) {
  diagnostics_.log().set_observer(&observer);
  builder_ = library.CreateBuilder(diagnostics_.log());
  if (!builder_) throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT gave no builder");
  builder_->setErrorRecorder(&diagnostics_.recorder());
  network_.reset(builder_->createNetworkV2(0));
  config_.reset(builder_->createBuilderConfig());
  if (!network_ || !config_) {
    throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT gave no network to fill");
  }
}

BuildResult Builder::Build() {
  ThrowIfCancelled();
  Parse();
  ThrowIfCancelled();
  Configure();
  return Serialize();
}

void Builder::Parse() {
  const PhaseScope phase(observer_, "parse");
  parser_ = library_.CreateParser(*network_, diagnostics_.log());
  if (!parser_) throw diagnostics_.Failure("ERR_TRT_PARSE", "TensorRT gave no ONNX parser");
  constexpr auto kVerbosity = static_cast<int>(nvinfer1::ILogger::Severity::kWARNING);
  if (!parser_->parseFromFile(request_.model_path.c_str(), kVerbosity)) throw ParserFailure();
}

StatusError Builder::ParserFailure() {
  if (parser_->getNbErrors() == 0) {
    return diagnostics_.Failure("ERR_TRT_PARSE", "TensorRT's ONNX parser refused the model")
        .WithFile(request_.model_path);
  }
  const nvonnxparser::IParserError& first = *parser_->getError(0);
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  NodeReference node{text(first.nodeName()), text(first.nodeOperator()), first.node()};
  std::vector<RecordedError> recorded = diagnostics_.recorder().Take();
  for (int i = 0; i < parser_->getNbErrors(); ++i) {
    recorded.push_back({"parser", text(parser_->getError(i)->desc())});
  }
  const std::string place = node.index < 0 && node.name.empty() ? "the model" : NodeText(node);
  StatusError error("ERR_TRT_PARSE",
                    "TensorRT's ONNX parser refused " + place + ": " + text(first.desc()));
  error.WithEvidence(std::move(recorded), diagnostics_.log().Lines());
  if (node.index >= 0) error.WithNode(std::move(node));
  return error;
}

void Builder::Configure() {
  config_->setProgressMonitor(&monitor_);
  if (request_.optimization_level) {
    config_->setBuilderOptimizationLevel(*request_.optimization_level);
  }
  for (const auto& [pool, bytes] : request_.memory_pools) {
    config_->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, bytes);
  }
  for (const Profile& profile : request_.profiles) AddProfile(profile);
  SetTargets();
}

void Builder::AddProfile(const Profile& profile) {
  using nvinfer1::OptProfileSelector;
  // The builder owns the profile.
  nvinfer1::IOptimizationProfile* const target = builder_->createOptimizationProfile();
  for (const InputRange& range : profile.shapes) {
    const char* const name = range.input.c_str();
    const bool accepted =
        target->setDimensions(name, OptProfileSelector::kMIN, ToTrtDims(range.min)) &&
        target->setDimensions(name, OptProfileSelector::kOPT, ToTrtDims(range.opt)) &&
        target->setDimensions(name, OptProfileSelector::kMAX, ToTrtDims(range.max));
    if (!accepted) {
      throw diagnostics_
          .Failure("ERR_TRT_BUILD", "TensorRT refused the profile of input '" + range.input +
                                        "' (min " + DimsText(range.min) + ", opt " +
                                        DimsText(range.opt) + ", max " + DimsText(range.max) + ")")
          .WithTensor(range.input);
    }
  }
  if (config_->addOptimizationProfile(target) < 0) {
    throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT refused an optimisation profile");
  }
}

#ifdef TENSORRT_NODE_FAMILY_RTX1

void Builder::SetTargets() {
  using nvinfer1::ComputeCapability;
  config_->setNbComputeCapabilities(static_cast<int32_t>(request_.targets.size()));
  int32_t index = 0;
  for (const std::string& target : request_.targets) {
    // The enumerator of smXY is XY itself.
    const auto capability = target == "current"
                                ? ComputeCapability::kCURRENT
                                : static_cast<ComputeCapability>(std::stoi(target.substr(2)));
    if (!config_->setComputeCapability(capability, index++)) {
      throw diagnostics_.Failure("ERR_TRT_BUILD",
                                 "TensorRT for RTX does not build for target '" + target + "'");
    }
  }
}

#else

void Builder::SetTargets() {
  if (request_.targets.empty()) return;
  throw StatusError(
      "ERR_TRT_BUILD",
      "TensorRT builds for the GPU of this machine; only TensorRT for RTX takes targets.")
      .WithRemedy("Leave targets out, or choose product 'tensorrt-rtx'.");
}

#endif

BuildResult Builder::Serialize() {
  const PhaseScope phase(observer_, "build");
  std::unique_ptr<nvinfer1::IHostMemory> plan(
      builder_->buildSerializedNetwork(*network_, *config_));
  ThrowIfCancelled();
  if (!plan) {
    throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT could not build the engine");
  }
  const uint64_t bytes = plan->size();
  return {std::make_unique<SerializedEngine>(std::move(plan)), bytes, nullptr};
}

void Builder::ThrowIfCancelled() const {
  if (observer_.Cancelled()) throw StatusError(kCancelled, "The build was cancelled.");
}

}  // namespace tensorrt_node
