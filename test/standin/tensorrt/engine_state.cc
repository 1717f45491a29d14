#include "engine_state.h"

#include <algorithm>
#include <utility>

#include "cuda_driver.h"

namespace tensorrt_node::standin {

namespace {

/// A context without a need for memory takes some too, so that tests can count contexts.
constexpr int64_t kLeastScratchBytes = 256;

WeightStore::Values ValuesOf(const Network& network) {
  WeightStore::Values values;
  for (const Network::Constant& constant : network.constants()) values.push_back(constant.elements);
  return values;
}

}  // namespace

EngineState::EngineState(std::string plan, std::shared_ptr<const Network> network,
                         EngineMemory::Loading loading)
    : plan(std::move(plan)),
      network(std::move(network)),
      weights(std::make_shared<WeightStore>(ValuesOf(*this->network))),
      cuda_context(CurrentContext()),
      memory(this->network->constant_bytes(), this->network->facts().streamable_bytes, loading) {}

int64_t EngineState::ScratchBytes(size_t profile) const {
  const int64_t bytes =
      network->profiles()[profile].scratch_bytes.value_or(network->facts().scratch_bytes);
  return std::max(bytes, kLeastScratchBytes) + memory.StreamingScratchBytes();
}

int64_t EngineState::ScratchBytes() const {
  int64_t most = 0;
  for (size_t profile = 0; profile < network->profiles().size(); ++profile) {
    most = std::max(most, ScratchBytes(profile));
  }
  return most;
}

std::vector<std::string> EngineState::MissingWeights() const {
  const WeightStore::Values values = weights->Read();
  std::vector<std::string> names;
  for (size_t index = 0; index < values.size(); ++index) {
    const Network::Constant& constant = network->constants()[index];
    const bool missing = values[index].empty() && ElementCount(constant.type.shape) > 0;
    if (missing) names.push_back(constant.name);
  }
  return names;
}

}  // namespace tensorrt_node::standin
