#include "inference_job.h"

#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include "../cuda/control_api.h"
#include "process.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

/// The driver has reported these already.
struct IllegalAddress {};

Value ReadInput(CUcontext context, const TensorType& type, CUdeviceptr address) {
  std::vector<std::byte> bytes(BytesOf(type));
  if (standin_cuda_read(context, bytes.data(), address, bytes.size()) != CUDA_SUCCESS) {
    throw IllegalAddress();
  }
  return Value{type, FromBytes(type.type, bytes)};
}

void WriteOutput(CUcontext context, const Value& value, CUdeviceptr address) {
  const std::vector<std::byte> bytes = ToBytes(value.type.type, value.elements);
  if (standin_cuda_write(context, address, bytes.data(), bytes.size()) != CUDA_SUCCESS) {
    throw IllegalAddress();
  }
}

}  // namespace

bool Flight::Begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !std::exchange(in_flight_, true);
}

void Flight::End() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    in_flight_ = false;
  }
  landed_.notify_all();
}

bool Flight::InFlight() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_flight_;
}

void Flight::Wait() const {
  std::unique_lock<std::mutex> lock(mutex_);
  landed_.wait(lock, [this] { return !in_flight_; });
}

void InferenceJob::Run() {
  try {
    Infer();
  } catch (const IllegalAddress&) {
    // The context is in its sticky error now, which the application meets at its next call.
  } catch (const std::exception& error) {
    const std::string message = std::string("TensorRT stand-in: enqueueV3: ") + error.what();
    standin_cuda_launch_failed(context, message.c_str());
  }
  // The network goes first: after the landing the application may destroy the engine.
  network.reset();
  flight->End();
}

void InferenceJob::Infer() const {
  if (!*profile_ready) {
    throw Failure(ErrorCode::kINVALID_STATE,
                  "the change of optimization profile had not run when the inference did");
  }
  std::this_thread::sleep_for(Process::Instance().inference_time);
  std::vector<Value> inputs;
  for (size_t input = 0; input < network->input_count(); ++input) {
    const TensorType type{network->io()[input].type.type, input_shapes[input]};
    inputs.push_back(ReadInput(context, type, addresses[input]));
  }
  const std::vector<Value> outputs = network->Compute(std::move(inputs));
  for (size_t output = 0; output < outputs.size(); ++output) {
    WriteOutput(context, outputs[output], addresses[network->input_count() + output]);
  }
}

}  // namespace tensorrt_node::standin
