#include "process.h"

#include <NvInferVersion.h>

#include "../common/environment.h"
#include "../common/exit_report.h"

namespace tensorrt_node::standin {

namespace {

#ifdef TRT_MAJOR_RTX
constexpr char kProduct[] = "tensorrt-rtx";
#else
constexpr char kProduct[] = "tensorrt";
#endif

/// For functions that return no error code, any number but 0 will do.
constexpr int kInjected = 1;

__attribute__((destructor)) void ReportAtExit() {
  AppendReport("STANDIN_TENSORRT_REPORT", Process::Instance().Report());
}

}  // namespace

Process& Process::Instance() {
  static Process& process = *new Process;
  return process;
}

Process::Process() : inference_time(EnvironmentInteger("STANDIN_TENSORRT_INFER_MS", 0)) {
  ledger.InjectFrom("STANDIN_TENSORRT_FAIL", kInjected);
}

std::string Process::Report() const {
  const auto field = [](const char* name, int64_t value) {
    return std::string(",\"") + name + "\":" + std::to_string(value);
  };
  return std::string("{\"standin\":\"") + kProduct + '"' + field("runtimes", runtimes) +
         field("engines", engines) + field("contexts", contexts) + field("others", others) +
         field("violations", violations) + ",\"calls\":" + ledger.Json() + "}";
}

}  // namespace tensorrt_node::standin
