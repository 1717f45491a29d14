#include "cuda_driver.h"

#include <memory>
#include <string>
#include <utility>

#include "../cuda/control_api.h"
#include "types.h"

namespace tensorrt_node::standin {

using nvinfer1::ErrorCode;

void CheckDriver(const char* function, CUresult error) {
  if (error == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const bool known = cuGetErrorName(error, &name) == CUDA_SUCCESS;
  const bool memory = error == CUDA_ERROR_OUT_OF_MEMORY;
  throw Failure(memory ? ErrorCode::kFAILED_ALLOCATION : ErrorCode::kFAILED_EXECUTION,
                std::string(function) + ": " + (known ? name : std::to_string(error)));
}

CUcontext CurrentContext() {
  CUcontext context = nullptr;
  CheckDriver("cuCtxGetCurrent", cuCtxGetCurrent(&context));
  if (context == nullptr) {
    throw Failure(ErrorCode::kINVALID_STATE, "no CUDA context is current on this thread");
  }
  return context;
}

std::string ComputeCapability() {
  int major = 0;
  int minor = 0;
  const bool known =
      cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0) ==
          CUDA_SUCCESS &&
      cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0) == CUDA_SUCCESS;
  return known ? std::to_string(major) + '.' + std::to_string(minor) : "";
}

bool IsCapturing(CUstream stream) {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  CheckDriver("cuStreamIsCapturing", cuStreamIsCapturing(stream, &status));
  return status != CU_STREAM_CAPTURE_STATUS_NONE;
}

void RefuseCapture(CUstream stream) { standin_cuda_refuse_capture(stream); }

void EnqueueWork(CUstream stream, std::function<void()> work) {
  using Work = std::function<void()>;
  auto owned = std::make_unique<Work>(std::move(work));
  const CUhostFn run = [](void* user_data) { (*static_cast<Work*>(user_data))(); };
  const CUhostFn release = [](void* user_data) { delete static_cast<Work*>(user_data); };
  CheckDriver("cuLaunchKernel", standin_cuda_launch(stream, run, release, owned.get()));
  // The stream has it now.
  static_cast<void>(owned.release());
}

}  // namespace tensorrt_node::standin
