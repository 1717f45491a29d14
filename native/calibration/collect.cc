#include "calibration/collect.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <system_error>
#include <thread>
#include <unordered_map>

namespace tensorrt_node {
namespace {

/// What one thread counts in one go: long enough to make up for the merge of a part's 8192 bins,
/// short enough for threads to finish at about the same time.
constexpr size_t kPartSize = size_t{1} << 18;

/// Everything that one thread adds to one histogram.
struct Task {
  Histogram* histogram;
  std::vector<HistogramInput> inputs;
  size_t size = 0;
};

void Count(const Task& task) {
  for (const HistogramInput& input : task.inputs) {
    if (input.keep == nullptr) {
      task.histogram->Add(input.values);
    } else {
      task.histogram->AddRows(input.values, input.keep, input.rows);
    }
  }
}

/// The input in pieces of about kPartSize values, cut between rows.
std::vector<HistogramInput> Cut(const HistogramInput& input) {
  const size_t rows = input.keep == nullptr ? input.values.size() : input.rows;
  if (rows == 0) return {};
  const size_t row_size = input.values.size() / rows;
  const size_t rows_at_once = std::max<size_t>(kPartSize / std::max<size_t>(row_size, 1), 1);

  std::vector<HistogramInput> pieces;
  for (size_t begin = 0; begin < rows; begin += rows_at_once) {
    const size_t count = std::min(rows_at_once, rows - begin);
    pieces.push_back({input.histogram, input.values.Slice(begin * row_size, count * row_size),
                      input.keep == nullptr ? nullptr : input.keep + begin, count});
  }
  return pieces;
}

/// Which histogram gets what from whom. A histogram is written by one task only; the tasks beyond
/// the first one of a histogram fill parts, which are merged into it at the end.
class Plan {
 public:
  explicit Plan(const std::vector<HistogramInput>& inputs) {
    for (const HistogramInput& input : inputs) {
      for (const HistogramInput& piece : Cut(input)) Assign(piece);
    }
  }

  std::vector<Task>& tasks() { return tasks_; }

  void MergeParts() {
    for (const Part& part : parts_) part.whole->Merge(part.histogram);
  }

 private:
  struct Part {
    Histogram* whole;
    Histogram histogram;
  };

  void Assign(const HistogramInput& piece) {
    const auto [open, first] = open_.try_emplace(piece.histogram, tasks_.size());
    if (first) {
      tasks_.push_back({piece.histogram, {}});
    } else if (tasks_[open->second].size + piece.values.size() > kPartSize) {
      parts_.push_back({piece.histogram, {}});
      open->second = tasks_.size();
      tasks_.push_back({&parts_.back().histogram, {}});
    }
    Task& task = tasks_[open->second];
    task.inputs.push_back(piece);
    task.size += piece.values.size();
  }

  std::vector<Task> tasks_;
  /// A list, since tasks point into it.
  std::list<Part> parts_;
  /// The task of each histogram that still takes inputs.
  std::unordered_map<const Histogram*, size_t> open_;
};

}  // namespace

void CollectAll(const std::vector<HistogramInput>& inputs, size_t threads) {
  Plan plan(inputs);
  std::vector<Task>& tasks = plan.tasks();
  // The longest first, so that no thread starts a long one when the others are done.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& a, const Task& b) { return a.size > b.size; });

  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < tasks.size(); i = next++) Count(tasks[i]);
  };
  size_t total = 0;
  for (const Task& task : tasks) total += task.size;
  const size_t useful = std::min({threads, tasks.size(), total / (kPartSize / 4) + 1});

  std::vector<std::thread> helpers;
  helpers.reserve(useful);
  try {
    while (helpers.size() + 1 < useful) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // Where the system gives no more threads, those that there are do all of it.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  plan.MergeParts();
}

}  // namespace tensorrt_node
