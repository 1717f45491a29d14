// The build of build.mjs as a plain C++ program: no thread besides TensorRT's own, no observer, no
// copy.
//
//   build_peer <TensorRT library> <parser library> <model> <input:min:opt:max>... [-- <target>...]
//
// Prints one line of JSON: seconds from opening the libraries to the plan in memory, the bytes
// of the plan, and the most memory that the process held. Shapes are written 1,128.

#include <dlfcn.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "NvOnnxParser.h"

namespace {

class WarningLog final : public nvinfer1::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::cerr << message << '\n';
  }
};

template <typename T>
T* NotNull(T* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(std::string("there is no ") + what);
  return object;
}

void* Open(const char* path) {
  void* const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  return handle;
}

template <typename Function>
Function Symbol(void* library, const char* name) {
  return NotNull(reinterpret_cast<Function>(dlsym(library, name)), name);
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

nvinfer1::Dims ToDims(const std::string& text) {
  nvinfer1::Dims dims{};
  for (const std::string& dim : Split(text, ',')) dims.d[dims.nbDims++] = std::stoll(dim);
  return dims;
}

void AddRange(nvinfer1::IOptimizationProfile& profile, const std::string& argument) {
  using nvinfer1::OptProfileSelector;
  const std::vector<std::string> parts = Split(argument, ':');
  const char* const input = parts.at(0).c_str();
  if (!profile.setDimensions(input, OptProfileSelector::kMIN, ToDims(parts.at(1))) ||
      !profile.setDimensions(input, OptProfileSelector::kOPT, ToDims(parts.at(2))) ||
      !profile.setDimensions(input, OptProfileSelector::kMAX, ToDims(parts.at(3)))) {
    throw std::runtime_error("TensorRT refused " + argument);
  }
}

void SetTargets(nvinfer1::IBuilderConfig& config, const std::vector<std::string>& targets) {
  config.setNbComputeCapabilities(static_cast<int32_t>(targets.size()));
  for (size_t i = 0; i < targets.size(); ++i) {
    // The enumerator of smXY is XY itself.
    const auto capability =
        static_cast<nvinfer1::ComputeCapability>(std::stoi(targets[i].substr(2)));
    if (!config.setComputeCapability(capability, static_cast<int32_t>(i))) {
      throw std::runtime_error("TensorRT refused " + targets[i]);
    }
  }
}

struct Arguments {
  const char* core;
  const char* parser;
  const char* model;
  std::vector<std::string> ranges;
  std::vector<std::string> targets;
};

Arguments Read(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("expected a library, a parser library and a model");
  Arguments arguments{argv[1], argv[2], argv[3], {}, {}};
  std::vector<std::string>* list = &arguments.ranges;
  for (int i = 4; i < argc; ++i) {
    if (std::string(argv[i]) == "--") {
      list = &arguments.targets;
    } else {
      list->emplace_back(argv[i]);
    }
  }
  return arguments;
}

/// What the plan lives in.
std::unique_ptr<nvinfer1::IHostMemory> Build(const Arguments& arguments, void* core, void* parsers,
                                             nvinfer1::ILogger& log) {
  using CreateBuilder = void* (*)(void* log, int32_t version);
  using CreateParser = void* (*)(void* network, void* log, int32_t version);
  const std::unique_ptr<nvinfer1::IBuilder> builder(static_cast<nvinfer1::IBuilder*>(
      Symbol<CreateBuilder>(core, "createInferBuilder_INTERNAL")(&log, NV_TENSORRT_VERSION)));
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(
      NotNull(builder.get(), "builder")->createNetworkV2(0));
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  const std::unique_ptr<nvonnxparser::IParser> parser(
      static_cast<nvonnxparser::IParser*>(Symbol<CreateParser>(
          parsers, "createNvOnnxParser_INTERNAL")(network.get(), &log, NV_ONNX_PARSER_VERSION)));
  constexpr auto kVerbosity = static_cast<int>(nvinfer1::ILogger::Severity::kWARNING);
  if (!NotNull(parser.get(), "parser")->parseFromFile(arguments.model, kVerbosity)) {
    throw std::runtime_error("the parser refused the model");
  }
  nvinfer1::IOptimizationProfile* const profile = builder->createOptimizationProfile();
  for (const std::string& range : arguments.ranges) AddRange(*profile, range);
  config->addOptimizationProfile(profile);
  SetTargets(*config, arguments.targets);
  return std::unique_ptr<nvinfer1::IHostMemory>(
      NotNull(builder->buildSerializedNetwork(*network, *config), "plan"));
}

/// VmHWM, in KiB: the most memory that the process has held.
long PeakMemory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
  }
  throw std::runtime_error("/proc/self/status has no VmHWM");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = Read(argc, argv);
    WarningLog log;
    const auto start = std::chrono::steady_clock::now();
    void* const core = Open(arguments.core);
    void* const parser = Open(arguments.parser);
    const auto plan = Build(arguments, core, parser, log);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::cout << "{\"seconds\":" << elapsed.count() << ",\"planBytes\":" << plan->size()
              << ",\"peakKiB\":" << PeakMemory() << "}\n";
  } catch (const std::exception& error) {
    std::cerr << "build_peer: " << error.what() << '\n';
    return 1;
  }
}
