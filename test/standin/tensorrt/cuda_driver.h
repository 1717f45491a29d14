#pragma once

#include <functional>

#include "../cuda/driver_api.h"

namespace tensorrt_node::standin {

/// Throws a Failure that names `function` where `error` is one.
void CheckDriver(const char* function, CUresult error);

/// The context that is current on the calling thread. Throws a Failure where there is none.
CUcontext CurrentContext();

/// Runs `work` on the thread of the stream, in its turn.
void EnqueueWork(CUstream stream, std::function<void()> work);

}  // namespace tensorrt_node::standin
