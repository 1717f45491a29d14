#include "debug_view.h"

#include <algorithm>
#include <future>

#include "cuda_driver.h"
#include "device_block.h"

namespace tensorrt_node::standin {

namespace {

using nvinfer1::ErrorCode;

}  // namespace

void DebugView::SetState(const char* name, bool on) {
  for (const size_t tensor : network_->debug_tensors()) {
    if (name == nullptr || network_->tensor_names()[tensor] != name) continue;
    if (on) {
      shown_.insert(tensor);
    } else {
      shown_.erase(tensor);
    }
    return;
  }
  throw Failure(ErrorCode::kINVALID_ARGUMENT,
                std::string("there is no debug tensor '") + (name == nullptr ? "" : name) + "'");
}

void DebugView::SetAll(bool on) {
  shown_.clear();
  if (on) shown_.insert(network_->debug_tensors().begin(), network_->debug_tensors().end());
}

bool DebugView::State(const char* name) const {
  return std::any_of(shown_.begin(), shown_.end(), [&](size_t tensor) {
    return name != nullptr && network_->tensor_names()[tensor] == name;
  });
}

void DebugView::Show(const std::shared_ptr<const InferenceJob>& job, CUstream stream) const {
  for (const size_t tensor : shown_) {
    const Value& value = job->computation().tensors[tensor];
    const DeviceBlock block(std::max<size_t>(BytesOf(value.type), 1));
    auto written = std::make_shared<std::promise<void>>();
    EnqueueWork(stream, [job, &value, address = block.address(), written] {
      job->Write(value, TensorFormat(), address);
      written->set_value();
    });
    const std::string& name = network_->tensor_names()[tensor];
    const bool accepted = listener_->processDebugTensor(
        reinterpret_cast<const void*>(block.address()), nvinfer1::TensorLocation::kDEVICE,
        value.type.type, ToDims(value.type.shape), name.c_str(), stream);
    // What the listener itself left on the stream is not waited for: that would hide its mistake.
    written->get_future().wait();
    if (!accepted) {
      throw Failure(ErrorCode::kFAILED_EXECUTION, "the debug listener refused '" + name + "'");
    }
  }
}

}  // namespace tensorrt_node::standin
