#include "tensorrt/refitter.h"

#include <set>
#include <utility>

#include "tensorrt/enums.h"
#include "tensorrt/runtime_features.h"

namespace tensorrt_node {
namespace {

constexpr char kCode[] = "ERR_TRT_REFIT";
constexpr size_t kNamesShown = 8;

/// Names in quotes, the first few of them.
std::string List(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  }
  if (names.size() > kNamesShown) {
    text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  }
  return text;
}

/// Asks for a list the way TensorRT hands lists out: first how many there are, then into an array.
template <typename Get>
std::vector<std::string> NamesFrom(Get&& get) {
  const int32_t count = get(0, nullptr);
  if (count <= 0) return {};
  std::vector<const char*> pointers(count, nullptr);
  get(count, pointers.data());
  std::vector<std::string> names;
  for (const char* const name : pointers) {
    // Weights without a name cannot be told apart, nor exchanged by name.
    if (name != nullptr) names.emplace_back(name);
  }
  return names;
}

std::string Describe(const std::string& type, int64_t count) {
  return std::to_string(count) + " elements of type " + type;
}

}  // namespace

Refitter::Refitter(const Library& library, nvinfer1::ICudaEngine& engine, Diagnostics& diagnostics)
    : library_(library), diagnostics_(diagnostics) {
  if (!engine.isRefittable()) {
    throw StatusError(kCode, "The weights of this engine cannot be exchanged.")
        .WithRemedy("Build it with the flag refit, refitIdentical or refitIndividual.");
  }
  diagnostics_.Clear();
  refitter_ = library.CreateRefitter(engine, diagnostics_.log());
  if (!refitter_) throw diagnostics_.Failure(kCode, "TensorRT gave no refitter");
  refitter_->setErrorRecorder(&diagnostics_.recorder());
}

std::vector<std::string> Refitter::Names() const {
  return NamesFrom(
      [this](int32_t size, const char** names) { return refitter_->getAllWeights(size, names); });
}

std::vector<std::string> Refitter::Missing() const {
  return NamesFrom([this](int32_t size, const char** names) {
    return refitter_->getMissingWeights(size, names);
  });
}

void Refitter::Set(const std::vector<NamedWeights>& weights) {
  const std::vector<std::string> names = Names();
  const std::set<std::string> known(names.begin(), names.end());
  for (const NamedWeights& entry : weights) {
    if (known.count(entry.name) == 0) {
      throw StatusError(kCode, "The engine has no weights '" + entry.name +
                                   "' that can be exchanged. It has " +
                                   (names.empty() ? "none" : List(names)) + ".")
          .WithTensor(entry.name);
    }
    SetOne(entry);
  }
}

void Refitter::SetOne(const NamedWeights& weights) {
  const nvinfer1::Weights expected = refitter_->getWeightsPrototype(weights.name.c_str());
  const std::string type = DataTypeName(expected.type);
  if (type != weights.type || expected.count != weights.count) {
    throw StatusError(kCode, "Weights '" + weights.name + "' are " +
                                 Describe(type, expected.count) + ", not " +
                                 Describe(weights.type, weights.count) + ".")
        .WithTensor(weights.name);
  }
  const nvinfer1::Weights values{expected.type, weights.data, weights.count};
  if (refitter_->setNamedWeights(weights.name.c_str(), values)) return;
  throw diagnostics_.Failure(kCode, "TensorRT refused the weights '" + weights.name + "'")
      .WithTensor(weights.name);
}

void Refitter::SetFromModel(const std::string& path) {
  parser_ = library_.CreateParserRefitter(*refitter_, diagnostics_.log());
  if (!parser_) throw diagnostics_.Failure(kCode, "TensorRT gave no refitter for ONNX models");
  if (parser_->refitFromFile(path.c_str())) return;
  StatusError failure =
      diagnostics_.Failure(kCode, "TensorRT could not take the weights from the model");
  if (parser_->getNbErrors() > 0) {
    const nvonnxparser::IParserError& error = *parser_->getError(0);
    const char* const description = error.desc();
    const char* const node = error.nodeName();
    failure = StatusError(kCode, std::string("The weights of the model do not fit the engine: ") +
                                     (description == nullptr ? "unknown reason" : description))
                  .WithEvidence(failure.recorded(), failure.log());
    if (node != nullptr && *node != '\0') failure.WithNode({node, {}, error.node()});
  }
  throw failure.WithFile(path);
}

void Refitter::Apply() {
  const std::vector<std::string> missing = Missing();
  if (!missing.empty()) {
    throw StatusError(kCode, "Weights are missing: " + List(missing) + ".")
        .WithRemedy("Give them too: the engine lacks them, or has fused them with given ones.")
        .WithTensor(missing.front());
  }
  if (!refitter_->refitCudaEngine()) {
    throw diagnostics_.Failure(kCode, "TensorRT could not exchange the weights");
  }
#ifndef TENSORRT_NODE_FAMILY_TRT10
  if (Has(library_.version(), kReleaseRefitResources)) refitter_->releaseRefitResources();
#endif
}

}  // namespace tensorrt_node
