#pragma once

#include <functional>
#include <string>

#include "../cuda/driver_api.h"

namespace tensorrt_node::standin {

/// Throws a Failure that names `function` where `error` is one.
void CheckDriver(const char* function, CUresult error);

/// The context that is current on the calling thread. Throws a Failure where there is none.
CUcontext CurrentContext();

/// `8.9`: that of the first device; empty where the driver does not say.
std::string ComputeCapability();

/// Whether what is enqueued on the stream goes into a graph instead of running.
bool IsCapturing(CUstream stream);

/// Ends the capture of a stream that is capturing, in failure; leaves any other stream alone.
void RefuseCapture(CUstream stream);

/// Runs `work` on the thread of the stream, in its turn; a capture records it, and each launch of
/// its graph runs it.
void EnqueueWork(CUstream stream, std::function<void()> work);

}  // namespace tensorrt_node::standin
