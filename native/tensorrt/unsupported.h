#pragma once

#include <string>

#include "status_error.h"
#include "version.h"

namespace tensorrt_node {

/// For what only TensorRT for RTX has. `what` begins the sentence: "A runtime cache".
inline StatusError NeedsRtx(const std::string& what) {
  return StatusError("ERR_UNSUPPORTED", what + " is a feature of TensorRT for RTX only.");
}

/// For a method that a later version of this product appended: calling it on an older library would
/// run past the end of that library's virtual table.
inline StatusError NeedsVersion(const std::string& what, const std::string& needed,
                                const Version& found) {
  return StatusError("ERR_UNSUPPORTED",
                     what + " needs " + needed + "; this is " + found.ToString() + ".");
}

}  // namespace tensorrt_node
