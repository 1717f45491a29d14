#include <gtest/gtest.h>

#include "standins.h"

int main(int argc, char** argv) {
  tensorrt_node::test::UseStandins();
  testing::InitGoogleTest(&argc, argv);
  // Stand-ins have threads, which a plain fork would lose.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}
