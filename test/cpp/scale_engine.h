#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/execution_slot.h"
#include "session/loaded_engine.h"

namespace tensorrt_node::test {

/// y = 2x + 1 for a batch of 1 to 16 rows of three.
inline constexpr char kScale[] =
    "name \"scale\"\n"
    "input \"x\" float32 [-1,3]\n"
    "op constant \"two\" float32 [1] 2\n"
    "op constant \"one\" float32 [1] 1\n"
    "op mul \"doubled\" \"x\" \"two\"\n"
    "op add \"y\" \"doubled\" \"one\"\n"
    "output \"y\"\n"
    "profile\n"
    "range \"x\" [1,3] [2,3] [16,3]\n"
    "scratch 1024\n";

std::shared_ptr<LoadedEngine> LoadEngine(const std::string& product, const std::string& description,
                                         int device = 0);

/// Values for so many rows of `kScale`, which depend on the seed.
std::vector<float> Rows(int rows, int seed);
std::vector<float> Scaled(std::vector<float> values);

/// The values of an output that was delivered to the host.
std::vector<float> Values(const Lane::Output& output);

/// Runs one job of `kScale` and returns its output.
std::vector<float> RunScale(ExecutionSlot& slot, size_t lane, const std::vector<float>& values,
                            const JobOptions& options = {}, JobReport* report = nullptr);

/// Makes one slot after the other fit for jobs of depth 2 with graphs, or whatever is asked for.
SlotOptions MakeSlotOptions(int depth, size_t graphs);

}  // namespace tensorrt_node::test
