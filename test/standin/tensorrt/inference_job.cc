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

void Check(CUresult result) {
  if (result != CUDA_SUCCESS) throw IllegalAddress();
}

}  // namespace

template <typename Body>
void InferenceJob::Guard(Body body) {
  try {
    body();
  } catch (const IllegalAddress&) {
    // The context is in its sticky error now, which the application meets at its next call.
  } catch (const std::exception& error) {
    const std::string message = std::string("TensorRT stand-in: enqueueV3: ") + error.what();
    standin_cuda_launch_failed(context, message.c_str());
  }
}

void InferenceJob::Compute() {
  const std::lock_guard<std::mutex> lock(start);
  computed_ = false;
  took_off_ = false;
  Guard([this] {
    CheckOrder();
    took_off_ = true;
    weights->Borrow();
    Mark();
    std::vector<Value> values = inputs;
    for (size_t input = 0; input < values.size(); ++input) {
      const Network::IoTensor& tensor = network->io()[input];
      if (tensor.on_host) continue;
      const TensorType& type = values[input].type;
      std::vector<std::byte> bytes(tensor.format.ElementsInMemory(type.shape) * BytesOf(type.type));
      Check(standin_cuda_read(context, bytes.data(), addresses[input], bytes.size()));
      values[input].elements = tensor.format.Unpack(FromBytes(type.type, bytes), type.shape);
    }
    computation_ = network->Compute(std::move(values), weights->Read());
    computed_ = true;
  });
}

void InferenceJob::CheckOrder() const {
  if (!*profile_ready) {
    throw Failure(ErrorCode::kINVALID_STATE,
                  "the change of optimization profile had not run when the inference did");
  }
  if (!*weights_ready) {
    throw Failure(ErrorCode::kINVALID_STATE,
                  "the weights had not been loaded when the inference ran");
  }
  if (!captured) return;
  if (flight->retired()) {
    throw Failure(ErrorCode::kINVALID_STATE, "a graph ran a destroyed execution context");
  }
  if (!flight->Begin()) {
    throw Failure(ErrorCode::kINVALID_STATE,
                  "a graph ran an execution context that has an inference in flight");
  }
}

void InferenceJob::Mark() {
  static std::atomic<uint64_t> last_mark{0};
  mark_ = ++last_mark;
  Check(standin_cuda_write(context, scratch, &mark_, sizeof(mark_)));
}

void InferenceJob::CheckMark() const {
  uint64_t found = 0;
  Check(standin_cuda_read(context, &found, scratch, sizeof(found)));
  if (found == mark_) return;
  throw Failure(ErrorCode::kINVALID_STATE,
                "the scratch memory of an inference was used by something else");
}

void InferenceJob::Finish() {
  std::this_thread::sleep_for(Process::Instance().inference_time);
  Guard([this] {
    if (!computed_) return;
    CheckMark();
    for (size_t index = network->input_count(); index < network->io().size(); ++index) {
      const Network::IoTensor& tensor = network->io()[index];
      if (tensor.on_host) continue;
      if (room[index] > 0) {
        std::vector<std::byte> unused(room[index]);
        Check(standin_cuda_read(context, unused.data(), addresses[index], unused.size()));
      }
      const Value& value = computation_.tensors[tensor.tensor];
      if (!Write(value, tensor.format, addresses[index])) throw IllegalAddress();
    }
  });
  Abandon();
}

void InferenceJob::Abandon() {
  if (took_off_) weights->Return();
  if (took_off_ || !captured) flight->End();
}

bool InferenceJob::Write(const Value& value, const TensorFormat& format,
                         CUdeviceptr address) const {
  const std::vector<std::byte> bytes =
      ToBytes(value.type.type, format.Pack(value.elements, value.type.shape));
  if (bytes.empty()) return true;
  return standin_cuda_write(context, address, bytes.data(), bytes.size()) == CUDA_SUCCESS;
}

}  // namespace tensorrt_node::standin
