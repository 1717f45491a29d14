#include "plan_facts.h"

#include <utility>

#include "plan_text.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::EngineCapability;
using nvinfer1::HardwareCompatibilityLevel;
using nvinfer1::ProfilingVerbosity;

/// The value that is written as the next word of `line`.
template <typename Value>
Value ReadOneOf(std::istream& line, std::initializer_list<std::pair<const char*, Value>> values) {
  const std::string word = ReadWord(line);
  for (const auto& [name, value] : values) {
    if (name == word) return value;
  }
  throw Malformed("'" + word + "' is not one of the values of its statement");
}

}  // namespace

bool PlanFacts::Read(const std::string& statement, std::istream& line) {
  if (statement == "name") {
    name = ReadName(line);
  } else if (statement == "capability") {
    capability = ReadOneOf<EngineCapability>(
        line, {{"standard", EngineCapability::kSTANDARD}, {"safety", EngineCapability::kSAFETY}});
  } else if (statement == "hardware") {
    using Level = HardwareCompatibilityLevel;
    hardware = ReadOneOf<Level>(line, {{"none", Level::kNONE},
                                       {"amperePlus", Level::kAMPERE_PLUS},
                                       {"sameComputeCapability", Level::kSAME_COMPUTE_CAPABILITY}});
  } else if (statement == "verbosity") {
    verbosity = ReadOneOf<ProfilingVerbosity>(
        line, {{"layerNamesOnly", ProfilingVerbosity::kLAYER_NAMES_ONLY},
               {"none", ProfilingVerbosity::kNONE},
               {"detailed", ProfilingVerbosity::kDETAILED}});
  } else if (statement == "auxStreams") {
    aux_streams = static_cast<int32_t>(ReadCount(line));
  } else if (statement == "refittable") {
    refittable = true;
  } else if (statement == "streamable") {
    streamable_bytes = ReadCount(line);
  } else if (statement == "scratch") {
    scratch_bytes = ReadCount(line);
  } else {
    return false;
  }
  return true;
}

}  // namespace tensorrt_node::standin
