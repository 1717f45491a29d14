#include "scale_engine.h"

#include <cstring>
#include <utility>

#include "standins.h"

namespace tensorrt_node::test {
namespace {

constexpr int64_t kColumns = 3;

}  // namespace

std::shared_ptr<LoadedEngine> LoadEngine(const std::string& product, const std::string& description,
                                         int device) {
  LoadRequest request;
  request.plan = MakePlan(product, description);
  request.device = device;
  return std::make_shared<LoadedEngine>(OpenLibrary(product), std::move(request));
}

std::vector<float> Rows(int rows, int seed) {
  std::vector<float> values;
  for (int i = 0; i < rows * kColumns; ++i) {
    values.push_back(static_cast<float>((seed * 31 + i * 17) % 1000));
  }
  return values;
}

std::vector<float> Scaled(std::vector<float> values) {
  for (float& value : values) value = 2 * value + 1;
  return values;
}

std::vector<float> Values(const Lane::Output& output) {
  std::vector<float> values(output.bytes / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), output.host_data(), output.bytes);
  return values;
}

std::vector<float> RunScale(ExecutionSlot& slot, size_t index, const std::vector<float>& values,
                            const JobOptions& options, JobReport* report) {
  Lane& lane = slot.lane(index);
  const Dims dims = {static_cast<int64_t>(values.size()) / kColumns, kColumns};
  lane.Stage(0, dims, values.data(), values.size() * sizeof(float));
  lane.Deliver(0, Lane::Delivery::kHost);
  JobReport ran = slot.Run(lane, options);
  if (report != nullptr) *report = std::move(ran);
  std::vector<float> result = Values(lane.outputs()[0]);
  lane.Unbind();
  return result;
}

SlotOptions MakeSlotOptions(int depth, size_t graphs) {
  SlotOptions options;
  options.depth = depth;
  options.graphs = graphs;
  return options;
}

}  // namespace tensorrt_node::test
