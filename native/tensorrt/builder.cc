#include "tensorrt/builder.h"

#include <utility>

#include "tensorrt/build_features.h"
#include "tensorrt/host_memory.h"
#include "tensorrt/plan_writer.h"

namespace tensorrt_node {
namespace {

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

}  // namespace

Builder::Builder(const Library& library, Plugins& plugins, const BuildRequest& request,
                 BuildObserver& observer)
    : library_(library),
      plugins_(plugins),
      request_(request),
      observer_(observer),
      monitor_(observer) {
  diagnostics_.log().set_observer(&observer);
  builder_ = library.CreateBuilder(diagnostics_.log());
  if (!builder_) throw diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT gave no builder");
  builder_->setErrorRecorder(&diagnostics_.recorder());
}

BuildResult Builder::Build() {
  ThrowIfCancelled();
  Configure();
  Parse();
  ThrowIfCancelled();
  return Serialize();
}

void Builder::Configure() {
  config_ = std::make_unique<BuildConfig>(library_, *builder_, request_, diagnostics_);
  nvinfer1::IBuilderConfig& config = config_->config();
  config.setProgressMonitor(&monitor_);
  if (request_.timing_cache) {
    timing_cache_ = std::make_unique<TimingCache>(config, *request_.timing_cache, diagnostics_);
  }
}

void Builder::Parse() {
  const PhaseScope phase(observer_, "parse");
  network_ = std::make_unique<ParsedNetwork>(library_, plugins_, *builder_, diagnostics_);
  network_->SetParserFlags(request_.parser_flags, config_->config());
  network_->Parse(request_.model_path);
  network_->MarkDebugTensors(request_.debug_tensors, request_.debug_unfused_tensors);
  network_->MarkRefittableWeights(request_.refittable_weights);
}

BuildResult Builder::Serialize() {
  const PhaseScope phase(observer_, "build");
  BuildResult result = request_.plan_path.empty() ? SerializeToMemory() : SerializeToFile();
  if (timing_cache_) result.timing_cache = timing_cache_->Serialize();
  return result;
}

BuildResult Builder::SerializeToMemory() {
  std::unique_ptr<nvinfer1::IHostMemory> plan(
      builder_->buildSerializedNetwork(network_->network(), config_->config()));
  if (!plan) throw BuildFailure();
  const uint64_t bytes = plan->size();
  return {std::make_unique<TrtHostMemory>(std::move(plan)), bytes, nullptr};
}

BuildResult Builder::SerializeToFile() {
  Require(library_.version(), "A plan that goes to a file needs", kStreamWriter);
  PlanWriter writer(request_.plan_path);
  const bool built =
      builder_->buildSerializedNetworkToStream(network_->network(), config_->config(), writer);
  writer.ThrowIfFailed();
  if (!built) throw BuildFailure();
  writer.Close();
  return {nullptr, writer.bytes(), nullptr};
}

StatusError Builder::BuildFailure() {
  ThrowIfCancelled();
  return diagnostics_.Failure("ERR_TRT_BUILD", "TensorRT could not build the engine");
}

void Builder::ThrowIfCancelled() const {
  if (observer_.Cancelled()) throw StatusError(kCancelled, "The build was cancelled.");
}

}  // namespace tensorrt_node
