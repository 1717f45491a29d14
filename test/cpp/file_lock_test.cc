#include "file_lock.h"

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>

#include "standins.h"

namespace tensorrt_node::test {
namespace {

class FileLockTest : public StandinTest {
 protected:
  void TearDown() override {
    std::remove(path_.c_str());
    StandinTest::TearDown();
  }

  const std::string path_ = testing::TempDir() + "/tensorrt-node-tests.lock";
};

TEST_F(FileLockTest, LetsOneThreadInAtATime) {
  std::atomic<int> inside{0};
  std::atomic<int> entries{0};
  InThreads(6, [&](int) {
    for (int round = 0; round < 50; ++round) {
      const auto lock = FileLock::Try(path_, FileLock::Mode::kExclusive);
      if (!lock) continue;
      EXPECT_EQ(++inside, 1);
      ++entries;
      --inside;
    }
  });
  EXPECT_GT(entries, 0);
}

TEST_F(FileLockTest, IsSharedByReadersAndKeptFromWriters) {
  EXPECT_EQ(FileLock::Try(path_, FileLock::Mode::kShared), nullptr) << "there is no file yet";
  FileLock::Try(path_, FileLock::Mode::kExclusive);
  const auto first = FileLock::Try(path_, FileLock::Mode::kShared);
  const auto second = FileLock::Try(path_, FileLock::Mode::kShared);
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(FileLock::Try(path_, FileLock::Mode::kExclusive), nullptr);
}

TEST_F(FileLockTest, SaysWhyAFileCannotBeLocked) {
  EXPECT_EQ(CodeOf([] { FileLock::Try("/nowhere/a.lock", FileLock::Mode::kExclusive); }),
            "ERR_FILE");
}

}  // namespace
}  // namespace tensorrt_node::test
