#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tensorrt_node::bench {

/// The inputs of one inference, [1, 128] int64 each, in the order of the engine.
struct Feeds {
  std::vector<int64_t> input_ids = std::vector<int64_t>(128, 7);
  std::vector<int64_t> attention_mask = std::vector<int64_t>(128, 1);
};

/// Runs the classifier of ../lib/classifier-plan.mjs again and again, on one thread.
class InferenceLoop {
 public:
  virtual ~InferenceLoop() = default;

  /// Copies the feeds to the device, computes, copies the logits back and waits for them.
  virtual std::vector<float> Infer(const Feeds& feeds) = 0;
};

/// On the classes that the addon itself runs on, with so many lanes in the slot.
std::unique_ptr<InferenceLoop> MakeSlotLoop(const std::string& library, const std::string& plan,
                                            int depth);

/// As a program would that knows this one engine: one stream, everything else set up beforehand.
std::unique_ptr<InferenceLoop> MakePlainLoop(const std::string& library, const std::string& plan);

}  // namespace tensorrt_node::bench
