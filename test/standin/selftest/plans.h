#pragma once

#include <NvInferRuntime.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace selftest {

/// The version that plans are written for by default: that of the library.
constexpr std::array<int, 4> kVersion = {NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH,
                                         NV_TENSORRT_BUILD};

#ifdef TRT_MAJOR_RTX
constexpr char kMagic[] = "vtrt";
constexpr char kOtherMagic[] = "ftrt";
#else
constexpr char kMagic[] = "ftrt";
constexpr char kOtherMagic[] = "vtrt";
#endif

/// A plan of this description, with a header as TensorRT writes it.
inline std::string Plan(const std::string& description, const char* magic = kMagic,
                        std::array<int, 4> version = kVersion) {
  constexpr size_t kHeaderBytes = 64;
  std::string plan(kHeaderBytes, '\0');
  const uint64_t total_bytes = kHeaderBytes + description.size();
  std::memcpy(plan.data(), magic, 4);
  std::memcpy(plan.data() + 16, &total_bytes, sizeof(total_bytes));
  for (size_t part = 0; part < version.size(); ++part) {
    plan[24 + part] = static_cast<char>(version[part]);
  }
  return plan + description;
}

/// y = 2x + 1 for a batch of rows of three.
constexpr char kScale[] =
    "name \"scale\"\n"
    "input \"x\" float32 [-1,3]\n"
    "op constant \"two\" float32 [1] 2\n"
    "op constant \"one\" float32 [1] 1\n"
    "op mul \"doubled\" \"x\" \"two\"\n"
    "op add \"y\" \"doubled\" \"one\"\n"
    "output \"y\"\n"
    "profile\n"
    "range \"x\" [1,3] [2,3] [4,3]\n"
    "profile\n"
    "range \"x\" [5,3] [8,3] [8,3]\n"
    "scratch 1024\n";

/// logits = relu(sum over s of ids * mask, times a row of weights), for int64 inputs [b, s].
constexpr char kClassifier[] =
    "name \"classifier\"\n"
    "input \"input ids\" int64 [-1,-1]\n"
    "input \"mask\" int64 [-1,-1]\n"
    "op mul \"masked\" \"input ids\" \"mask\"\n"
    "op cast \"float\" \"masked\" float32\n"
    "op sum \"total\" \"float\" 1\n"
    "op constant \"weights\" float32 [1,2] 0.5 -0.25\n"
    "op matmul \"scores\" \"total\" \"weights\"\n"
    "op relu \"logits\" \"scores\"\n"
    "op identity \"masked ids\" \"masked\"\n"
    "output \"logits\"\n"
    "output \"masked ids\"\n"
    "profile\n"
    "range \"input ids\" [1,1] [2,4] [8,16]\n"
    "range \"mask\" [1,1] [2,4] [8,16]\n";

/// sum over the first axis of (a x b) + c: int32, static shapes, broadcasting in both operators.
constexpr char kBroadcast[] =
    "input \"a\" int32 [2,1,2]\n"
    "input \"c\" int32 [2,1]\n"
    "op constant \"b\" int32 [2,3] 1 2 3 4 5 6\n"
    "op matmul \"product\" \"a\" \"b\"\n"
    "op add \"shifted\" \"product\" \"c\"\n"
    "op sum \"y\" \"shifted\" 0\n"
    "output \"y\"\n";

}  // namespace selftest
