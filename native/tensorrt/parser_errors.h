#pragma once

#include <string>
#include <vector>

#include "NvOnnxParser.h"
#include "tensorrt/api.h"
#include "tensorrt/diagnostics.h"

namespace tensorrt_node {

/// Everything that the parser complains about.
std::vector<ParserError> ParserErrors(const nvonnxparser::IParser& parser);

/// ERR_TRT_PARSE: the parser's first complaint, with all of them attached.
StatusError ParseFailure(const nvonnxparser::IParser& parser, const std::string& model_path,
                         Diagnostics& diagnostics);

}  // namespace tensorrt_node
