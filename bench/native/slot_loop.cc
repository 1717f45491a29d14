#include <utility>

#include "inference_loop.h"
#include "loader/tensorrt_library.h"
#include "session/execution_slot.h"
#include "session/loaded_engine.h"

namespace tensorrt_node::bench {
namespace {

class SlotLoop final : public InferenceLoop {
 public:
  SlotLoop(const std::string& library, const std::string& plan, int depth)
      : slot_(Load(library, plan), WithDepth(depth)) {}

  std::vector<float> Infer(const Feeds& feeds) override {
    Lane& lane = slot_.lane(0);
    Stage(lane, 0, feeds.input_ids);
    Stage(lane, 1, feeds.attention_mask);
    lane.Deliver(0, Lane::Delivery::kHost);
    slot_.Run(lane, {});
    const Lane::Output& logits = lane.outputs().front();
    const auto* const data = static_cast<const float*>(logits.host_data());
    return {data, data + logits.bytes / sizeof(float)};
  }

 private:
  static std::shared_ptr<LoadedEngine> Load(const std::string& library, const std::string& plan) {
    LoadRequest request;
    request.plan = plan;
    return std::make_shared<LoadedEngine>(TensorRTLibrary::Open({library, "", ""}),
                                          std::move(request));
  }

  static SlotOptions WithDepth(int depth) {
    SlotOptions options;
    options.depth = depth;
    return options;
  }

  static void Stage(Lane& lane, size_t input, const std::vector<int64_t>& values) {
    lane.Stage(input, {1, static_cast<int64_t>(values.size())}, values.data(),
               values.size() * sizeof(int64_t));
  }

  ExecutionSlot slot_;
};

}  // namespace

std::unique_ptr<InferenceLoop> MakeSlotLoop(const std::string& library, const std::string& plan,
                                            int depth) {
  return std::make_unique<SlotLoop>(library, plan, depth);
}

}  // namespace tensorrt_node::bench
