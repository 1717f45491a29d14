#include "refitter.h"

#include <cstring>
#include <utility>

#include "../cuda/control_api.h"
#include "cuda_driver.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;
using nvinfer1::TensorLocation;
using nvinfer1::Weights;

constexpr Weights kNoWeights{nvinfer1::DataType::kFLOAT, nullptr, 0};

std::string Quoted(const char* name) {
  return std::string("'") + (name == nullptr ? "" : name) + "'";
}

}  // namespace

Refitter::Refitter(std::shared_ptr<LogSink> log, std::shared_ptr<EngineState> engine)
    : RefitterDefaults(std::move(log)), engine_(std::move(engine)) {
  if (!engine_->network->facts().refittable) {
    throw Failure(ErrorCode::kINVALID_STATE, "the engine was not built to be refitted");
  }
}

bool Refitter::Refittable(size_t constant) const {
  return !engine_->network->ShapesDependOn(engine_->network->constants()[constant]);
}

int Refitter::Find(Name name) const {
  const auto& constants = engine_->network->constants();
  for (size_t index = 0; index < constants.size(); ++index) {
    const bool found = name != nullptr && constants[index].name == name;
    if (found && Refittable(index)) return static_cast<int>(index);
  }
  return -1;
}

bool Refitter::SetWeights(const char* method, Name name, Weights weights, Location location) {
  return reporter_.Run(method, false, [&] {
    const int index = Find(name);
    if (index < 0) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "there are no weights " + Quoted(name));
    }
    const Weights prototype = getWeightsPrototype(name);
    if (weights.type != prototype.type || weights.count != prototype.count) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT,
                    "weights " + Quoted(name) + " are " + std::to_string(prototype.count) +
                        " of type " + ToText(prototype.type) + ", but " +
                        std::to_string(weights.count) + " of type " + ToText(weights.type) +
                        " were given");
    }
    if (weights.values == nullptr) {
      throw Failure(ErrorCode::kINVALID_ARGUMENT, "weights " + Quoted(name) + " have no values");
    }
    given_[index] = Given{weights, location};
    return true;
  });
}

bool Refitter::setNamedWeights(Name name, Weights weights) noexcept {
  return SetWeights("setNamedWeights", name, weights, TensorLocation::kHOST);
}

bool Refitter::setNamedWeightsWithLocation(Name name, Weights weights, Location location) noexcept {
  return SetWeights("setNamedWeights", name, weights, location);
}

bool Refitter::unsetNamedWeights(Name name) noexcept {
  const int index = Find(name);
  return index >= 0 && given_.erase(index) == 1;
}

Weights Refitter::getNamedWeights(Name name) const noexcept {
  const auto found = given_.find(Find(name));
  if (found != given_.end()) return found->second.weights;
  reporter_.Error(ErrorCode::kINVALID_ARGUMENT, "weights " + Quoted(name) + " were not set");
  return kNoWeights;
}

TensorLocation Refitter::getWeightsLocation(Name name) const noexcept {
  const auto found = given_.find(Find(name));
  if (found != given_.end()) return found->second.location;
  reporter_.Error(ErrorCode::kINVALID_ARGUMENT, "weights " + Quoted(name) + " were not set");
  return TensorLocation::kHOST;
}

Weights Refitter::getWeightsPrototype(Name name) const noexcept {
  const int index = Find(name);
  if (index < 0) return {nvinfer1::DataType::kFLOAT, nullptr, -1};
  const TensorType& type = engine_->network->constants()[index].type;
  return {type.type, nullptr, ElementCount(type.shape)};
}

std::vector<size_t> Refitter::Missing() const {
  const WeightStore::Values values = engine_->weights->Read();
  const auto& constants = engine_->network->constants();
  const auto given = [&](size_t constant) { return given_.count(constant) == 1; };
  std::vector<size_t> missing;
  for (size_t index = 0; index < constants.size(); ++index) {
    bool needed = values[index].empty() && ElementCount(constants[index].type.shape) > 0;
    for (const auto& [first, second] : engine_->network->fused()) {
      needed = needed || (first == index && given(second)) || (second == index && given(first));
    }
    if (needed && !given(index)) missing.push_back(index);
  }
  return missing;
}

int32_t Refitter::ListNames(const std::vector<size_t>& constants, int32_t size, Name* names) const {
  for (size_t i = 0; i < constants.size() && static_cast<int32_t>(i) < size; ++i) {
    if (names != nullptr) names[i] = engine_->network->constants()[constants[i]].name.c_str();
  }
  return static_cast<int32_t>(constants.size());
}

int32_t Refitter::getMissingWeights(int32_t size, Name* names) noexcept {
  return ListNames(Missing(), size, names);
}

int32_t Refitter::getAllWeights(int32_t size, Name* names) noexcept {
  std::vector<size_t> all;
  for (size_t index = 0; index < engine_->network->constants().size(); ++index) {
    if (Refittable(index)) all.push_back(index);
  }
  return ListNames(all, size, names);
}

void Refitter::CheckComplete() const {
  std::string names;
  for (const size_t missing : Missing()) {
    names +=
        (names.empty() ? "" : ", ") + Quoted(engine_->network->constants()[missing].name.c_str());
  }
  if (!names.empty()) throw Failure(ErrorCode::kINVALID_STATE, "weights are missing: " + names);
}

std::vector<Element> Refitter::Read(size_t constant, const Given& given) const {
  const TensorType& type = engine_->network->constants()[constant].type;
  std::vector<std::byte> bytes(BytesOf(type));
  if (given.location == TensorLocation::kHOST) {
    std::memcpy(bytes.data(), given.weights.values, bytes.size());
  } else {
    const auto address = reinterpret_cast<CUdeviceptr>(given.weights.values);
    CheckDriver("reading weights",
                standin_cuda_read(engine_->cuda_context, bytes.data(), address, bytes.size()));
  }
  return FromBytes(type.type, bytes);
}

bool Refitter::refitCudaEngine() noexcept {
  return reporter_.Run("refitCudaEngine", false, [&] {
    CheckComplete();
    if (*engine_->in_flight > 0) {
      reporter_.Violation("an engine was refitted while an inference was in flight");
      throw Failure(ErrorCode::kINVALID_STATE, "an inference is in flight");
    }
    for (const auto& [constant, given] : given_) {
      engine_->weights->Write(constant, Read(constant, given));
    }
    return true;
  });
}

bool Refitter::refitCudaEngineAsync(cudaStream_t stream) noexcept {
  return reporter_.Run("refitCudaEngineAsync", false, [&] {
    CheckComplete();
    std::map<size_t, std::vector<Element>> host;
    std::map<size_t, Given> device;
    for (const auto& [constant, given] : given_) {
      // What lies on the host may be released when this returns.
      if (given.location == TensorLocation::kHOST) {
        host[constant] = Read(constant, given);
      } else {
        device[constant] = given;
      }
    }
    EnqueueWork(stream, [weights = engine_->weights, network = engine_->network, host, device,
                         context = engine_->cuda_context] {
      if (weights->Borrowed()) {
        standin_cuda_launch_failed(
            context, "TensorRT stand-in: an engine was refitted while an inference ran");
        return;
      }
      for (const auto& [constant, elements] : host) weights->Write(constant, elements);
      for (const auto& [constant, given] : device) {
        const TensorType& type = network->constants()[constant].type;
        std::vector<std::byte> bytes(BytesOf(type));
        const auto address = reinterpret_cast<CUdeviceptr>(given.weights.values);
        if (standin_cuda_read(context, bytes.data(), address, bytes.size()) != CUDA_SUCCESS) return;
        weights->Write(constant, FromBytes(type.type, bytes));
      }
    });
    return true;
  });
}

bool Refitter::releaseRefitResources() noexcept {
  return reporter_.Run("releaseRefitResources", false, [] { return true; });
}

}  // namespace tensorrt_node::standin
