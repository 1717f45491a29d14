#pragma once

#include <vector>

#include "../cuda/driver_api.h"

namespace tensorrt_node::standin {

/// Uses auxiliary streams as an inference does: each begins after what is on `main`, and `main`
/// waits for what ran there. Throws a Failure where the driver refuses.
void ForkAndJoin(CUstream main, const std::vector<CUstream>& auxiliary);

}  // namespace tensorrt_node::standin
