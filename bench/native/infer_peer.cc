// The inferences of binding-cost.mjs from C++. It answers commands, so that its rounds can take
// turns with those of other contenders while everything stays warm:
//
//   infer_peer <TensorRT library> <plan>
//   times <loop> <count>              -> nanoseconds of each inference, one after another
//   rate <loop> <threads> <ms>        -> inferences a second, each thread with its own context
//
// A loop is "plain", "slot1" or "slot2": see inference_loop.h.

#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "inference_loop.h"
#include "status_error.h"

namespace tensorrt_node::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Loops = std::vector<std::unique_ptr<InferenceLoop>>;

class Peer {
 public:
  Peer(std::string library, std::string plan)
      : library_(std::move(library)), plan_(std::move(plan)) {}

  void Answer(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::string loop;
    words >> command >> loop;
    size_t first = 0;
    int milliseconds = 0;
    words >> first >> milliseconds;
    if (command == "times") {
      PrintTimes(*LoopsOf(loop, 1).front(), first);
    } else if (command == "rate") {
      std::cout << Rate(LoopsOf(loop, first), std::chrono::milliseconds(milliseconds));
    } else {
      throw std::runtime_error("unknown command: " + line);
    }
    std::cout << std::endl;
  }

 private:
  /// At least `count` of the kind, made when they are first asked for.
  Loops& LoopsOf(const std::string& kind, size_t count) {
    Loops& loops = loops_[kind];
    while (loops.size() < count) {
      loops.push_back(kind == "plain" ? MakePlainLoop(library_, plan_)
                                      : MakeSlotLoop(library_, plan_, kind == "slot2" ? 2 : 1));
    }
    return loops;
  }

  void PrintTimes(InferenceLoop& loop, size_t count) {
    std::vector<int64_t> times(count);
    for (int64_t& time : times) {
      const auto start = Clock::now();
      loop.Infer(feeds_);
      time = std::chrono::nanoseconds(Clock::now() - start).count();
    }
    for (const int64_t time : times) std::cout << time << ' ';
  }

  double Rate(Loops& loops, std::chrono::milliseconds duration) {
    std::atomic<size_t> done{0};
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (const auto& loop : loops) {
      threads.emplace_back([&, end = start + duration] {
        size_t own = 0;
        for (; Clock::now() < end; ++own) loop->Infer(feeds_);
        done += own;
      });
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    return static_cast<double>(done) / elapsed.count();
  }

  const std::string library_;
  const std::string plan_;
  const Feeds feeds_;
  std::map<std::string, Loops> loops_;
};

}  // namespace
}  // namespace tensorrt_node::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: infer_peer <TensorRT library> <plan>\n";
    return 2;
  }
  try {
    tensorrt_node::bench::Peer peer(argv[1], argv[2]);
    for (std::string line; std::getline(std::cin, line);) peer.Answer(line);
  } catch (const std::exception& error) {
    std::cerr << "infer_peer: " << error.what() << '\n';
    return 1;
  }
}
