#pragma once

#include <string>

#include "tensorrt/api.h"
#include "tensorrt/library.h"
#include "tensorrt/plugins.h"

namespace tensorrt_node {

/// Which parts of a model the ONNX parser takes.
ModelSupport CheckModelSupport(const Library& library, Plugins& plugins,
                               const std::string& model_path, const Switches& parser_flags);

}  // namespace tensorrt_node
