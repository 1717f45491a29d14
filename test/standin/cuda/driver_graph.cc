// Captures and graphs.

#include <memory>
#include <string>
#include <utility>

#include "call.h"
#include "driver_api.h"

using tensorrt_node::standin::Call;
using tensorrt_node::standin::CaptureModeOfThread;
using tensorrt_node::standin::Graph;
using tensorrt_node::standin::GraphExec;
using tensorrt_node::standin::Needs;
using tensorrt_node::standin::Run;
using tensorrt_node::standin::RunOnStream;
using tensorrt_node::standin::Stream;

namespace {

bool IsMode(CUstreamCaptureMode mode) {
  return mode >= CU_STREAM_CAPTURE_MODE_GLOBAL && mode <= CU_STREAM_CAPTURE_MODE_RELAXED;
}

const char* WhyNoGraph(CUresult error) {
  switch (error) {
    case CUDA_ERROR_STREAM_CAPTURE_UNMATCHED:
      return "the capture began in another stream";
    case CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD:
      return "the capture began on another thread";
    case CUDA_ERROR_STREAM_CAPTURE_UNJOINED:
      return "nothing orders the work of another stream before the end of the capture";
    default:
      return "the stream is not capturing";
  }
}

/// Calls `body(call, exec, stream)`.
template <typename Body>
CUresult RunOnExec(const char* function, CUgraphExec handle, CUstream stream_handle, Body body) {
  return RunOnStream(function, stream_handle, [&](Call& call, Stream& stream) {
    const std::shared_ptr<GraphExec> exec = call.driver.graph_execs().Find(handle);
    if (exec == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live executable graph");
    }
    if (&exec->graph().device() != &stream.device()) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "graph and stream differ in their context");
    }
    if (call.driver.captures().Invalidate(stream)) {
      return call.Violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                            "graphs inside graphs are not implemented");
    }
    return body(call, *exec, stream);
  });
}

}  // namespace

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (!IsMode(mode)) return CUDA_ERROR_INVALID_VALUE;
    const CUresult begun = call.driver.captures().Begin(stream, mode);
    return begun == CUDA_SUCCESS ? begun : call.Violation(begun, "the stream is capturing");
  });
}

// Also under a sticky error: else a capture could not be ended.
CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  const auto end = [&](Call& call, Stream& stream) {
    *graph = nullptr;
    std::shared_ptr<const Graph> captured;
    const CUresult ended = call.driver.captures().End(stream, &captured);
    if (call.device().fault() != CUDA_SUCCESS) return call.device().fault();
    if (ended == CUDA_SUCCESS) *graph = call.driver.graphs().Add(std::move(captured));
    // Whoever invalidated it was told.
    const bool told = ended == CUDA_SUCCESS || ended == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    return told ? ended : call.Violation(ended, WhyNoGraph(ended));
  };
  return RunOnStream(__func__, handle, end, Needs::kContextEvenFaulty);
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    *status = call.driver.captures().Status(stream);
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamGetCaptureInfo_v2(CUstream handle, CUstreamCaptureStatus* status, uint64_t* id,
                                   CUgraph* graph, const CUgraphNode** dependencies,
                                   size_t* dependency_count) {
  return RunOnStream(__func__, handle, [&](Call& call, Stream& stream) {
    if (graph != nullptr || dependencies != nullptr || dependency_count != nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "graph and nodes are not implemented");
    }
    *status = call.driver.captures().Status(stream, id);
    return CUDA_SUCCESS;
  });
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return Run(__func__, Needs::kInitialized, [&](Call&) {
    if (!IsMode(*mode)) return CUDA_ERROR_INVALID_VALUE;
    std::swap(*mode, CaptureModeOfThread());
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    const std::shared_ptr<const Graph> graph = call.driver.graphs().Find(handle);
    if (graph == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live graph");
    }
    if (nodes != nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_VALUE, "handles of nodes are not implemented");
    }
    *count = graph->size();
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph handle, unsigned long long flags) {
  return Run(__func__, Needs::kContext, [&](Call& call) {
    std::shared_ptr<const Graph> graph = call.driver.graphs().Find(handle);
    if (graph == nullptr) {
      return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live graph");
    }
    if (flags != 0) return call.Violation(CUDA_ERROR_INVALID_VALUE, "flags are not implemented");
    *exec = call.driver.CreateGraphExec(std::move(graph));
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  return RunOnExec(__func__, exec, stream, [](Call&, GraphExec&, Stream&) { return CUDA_SUCCESS; });
}

CUresult cuGraphLaunch(CUgraphExec exec_handle, CUstream stream_handle) {
  return RunOnExec(__func__, exec_handle, stream_handle,
                   [](Call&, GraphExec& exec, Stream& stream) {
                     exec.Launch(stream);
                     return CUDA_SUCCESS;
                   });
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.graph_execs().Remove(exec)) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live executable graph");
  });
}

CUresult cuGraphDestroy(CUgraph graph) {
  return Run(__func__, Needs::kContextEvenFaulty, [&](Call& call) {
    if (call.driver.graphs().Remove(graph)) return call.device().fault();
    return call.Violation(CUDA_ERROR_INVALID_HANDLE, "the handle is no live graph");
  });
}
