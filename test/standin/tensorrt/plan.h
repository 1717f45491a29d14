#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "version.h"

namespace tensorrt_node::standin {

/// Bytes of the header of a plan.
constexpr size_t kHeaderBytes = 64;

/// What a header says. Its layout is the real one, so that whoever reads headers of real plans
/// reads these too.
struct PlanHeader {
  bool of_this_product;
  Version version;
  uint64_t total_bytes;
  /// What this stand-in alone keeps here: the values of EngineValidity and
  /// EngineInvalidityDiagnostics that a test wants to see.
  uint8_t validity;
  uint64_t diagnostics;
};

/// Throws a Failure where `size` is too small for a header.
PlanHeader ReadPlanHeader(const void* blob, size_t size);

/// Checks the header against this library. Returns the description of the network. Throws a
/// Failure for anything but a whole plan of this very product and version.
std::string ReadPlan(const void* blob, size_t size);

/// A plan of this library with a description of a network.
std::string WritePlan(const std::string& description);

}  // namespace tensorrt_node::standin
