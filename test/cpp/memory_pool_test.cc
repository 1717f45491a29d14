#include "cuda/memory_pool.h"

#include <cstring>
#include <memory>
#include <vector>

#include "session/memory_copy.h"
#include "session/tensor_memory.h"
#include "standins.h"

namespace tensorrt_node::test {
namespace {

class MemoryPoolTest : public StandinTest {};

std::shared_ptr<TensorMemory> Filled(int device, size_t bytes, uint8_t value) {
  auto memory = TensorMemory::OnDevice(MemoryPool::Of(device), bytes);
  const std::vector<uint8_t> values(bytes, value);
  CopyFromHost(values.data(), *memory, bytes);
  return memory;
}

bool Holds(const TensorMemory& memory, uint8_t value) {
  std::vector<uint8_t> values(memory.bytes());
  CopyToHost(memory, values.data(), values.size());
  return values == std::vector<uint8_t>(memory.bytes(), value);
}

TEST_F(MemoryPoolTest, IsOnePerDeviceForAllThreads) {
  const std::shared_ptr<MemoryPool> pools[] = {MemoryPool::Of(0), MemoryPool::Of(1)};
  EXPECT_NE(pools[0], pools[1]);
  InThreads(8, [&](int thread) { EXPECT_EQ(MemoryPool::Of(thread % 2), pools[thread % 2]); });
}

TEST_F(MemoryPoolTest, LivesOnlyAsLongAsItIsUsed) {
  // Each thread makes a pool and drops it, while others do the same.
  InThreads(8, [](int thread) {
    for (int round = 0; round < 10; ++round) {
      EXPECT_TRUE(Holds(*Filled(thread % 2, 64, 7), 7));
    }
  });
}

TEST_F(MemoryPoolTest, KeepsTheBlocksOfManyThreadsApart) {
  const std::shared_ptr<MemoryPool> pool = MemoryPool::Of(0);
  InThreads(6, [](int thread) {
    std::vector<std::shared_ptr<TensorMemory>> blocks;
    for (int round = 0; round < 20; ++round) {
      const auto value = static_cast<uint8_t>(thread * 20 + round);
      blocks.push_back(Filled(0, 1 + static_cast<size_t>(round) * 37, value));
      if (round % 3 != 2) continue;
      EXPECT_TRUE(Holds(*blocks.back(), value));
      blocks.erase(blocks.begin());
    }
  });
  pool->Trim();
}

TEST_F(MemoryPoolTest, GivesEmptyTensorsAnAddress) {
  EXPECT_NE(TensorMemory::OnDevice(MemoryPool::Of(0), 0)->data(), nullptr);
}

TEST_F(MemoryPoolTest, IsWholeAfterItRanOutOfMemory) {
  const std::shared_ptr<MemoryPool> pool = MemoryPool::Of(0);
  {
    const InjectedFailure failure("cuMemAllocFromPoolAsync", 2, 10);
    InThreads(4, [&](int) {
      for (int round = 0; round < 10; ++round) {
        const std::string code = CodeOf([&] { Filled(0, 64, 1); });
        EXPECT_TRUE(code.empty() || code == "ERR_GPU_MEMORY") << code;
      }
    });
    EXPECT_EQ(CodeOf([&] { TensorMemory::OnDevice(pool, 64); }), "ERR_GPU_MEMORY");
  }
  EXPECT_TRUE(Holds(*Filled(0, 64, 3), 3));
}

}  // namespace
}  // namespace tensorrt_node::test
