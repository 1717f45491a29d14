#pragma once

#include <string>

#include "status_error.h"
#include "version.h"

namespace tensorrt_node {

/// The product that this family library drives, as messages call it.
#if defined(TENSORRT_NODE_FAMILY_RTX1)
inline constexpr char kProductName[] = "TensorRT for RTX";
inline constexpr char kFamilyName[] = "TensorRT for RTX";
#elif defined(TENSORRT_NODE_FAMILY_TRT11)
inline constexpr char kProductName[] = "TensorRT";
inline constexpr char kFamilyName[] = "TensorRT 11";
#else
inline constexpr char kProductName[] = "TensorRT";
inline constexpr char kFamilyName[] = "TensorRT 10";
#endif

/// A version in which something is found first.
struct Release {
  int major = 0;
  int minor = 0;

  /// What no version has.
  bool never() const { return major == 0; }
};

/// Since when each product has something. Virtual tables of TensorRT only grow within a family, so
/// that a call of a method appended after the library at hand was made would run into nothing.
struct Since {
  Release rtx;
  Release tensorrt;

  Release here() const {
#ifdef TENSORRT_NODE_FAMILY_RTX1
    return rtx;
#else
    return tensorrt;
#endif
  }
};

inline bool Has(const Version& version, const Since& since) {
  const Release first = since.here();
  return !first.never() && version.AtLeast(first.major, first.minor);
}

/// Throws ERR_UNSUPPORTED with the versions that have it: "Build routes need ...".
inline void Require(const Version& version, const std::string& what_needs, const Since& since) {
  if (Has(version, since)) return;
  std::string needed;
  const auto add = [&](const char* product, const Release& first) {
    if (first.never()) return;
    needed += (needed.empty() ? "" : ", or ") + std::string(product) + " " +
              std::to_string(first.major) + "." + std::to_string(first.minor) + " or later";
  };
  add("TensorRT for RTX", since.rtx);
  add("TensorRT", since.tensorrt);
  throw StatusError("ERR_UNSUPPORTED", what_needs + " " + needed + "; this is " + kProductName +
                                           " " + version.ToString() + ".");
}

}  // namespace tensorrt_node
