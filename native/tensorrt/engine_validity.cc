#include "tensorrt/engine_validity.h"

#include "tensorrt/diagnostics.h"
#include "tensorrt/enums.h"
#include "tensorrt/runtime_features.h"

namespace tensorrt_node {

EngineValidity CheckEngineValidity(const Library& library, const void* header, size_t size) {
  Require(library.version(), "Checking a plan before it is loaded needs", kEngineValidity);
  EngineValidity result;
#if defined(TENSORRT_NODE_FAMILY_RTX1)
  Diagnostics diagnostics;
  const auto runtime = library.CreateRuntime(diagnostics.log());
  if (!runtime) throw diagnostics.Failure("ERR_TRT_INFER", "TensorRT gave no runtime");
  runtime->setErrorRecorder(&diagnostics.recorder());
  uint64_t found = 0;
  result.verdict = NameOf(runtime->getEngineValidity(header, static_cast<int64_t>(size), &found));
  for (const auto& [bit, name] : TableOf<nvinfer1::EngineInvalidityDiagnostics>()) {
    if ((found & static_cast<uint64_t>(bit)) != 0) result.diagnostics.push_back(name);
  }
#else
  static_cast<void>(header);
  static_cast<void>(size);
#endif
  return result;
}

}  // namespace tensorrt_node
