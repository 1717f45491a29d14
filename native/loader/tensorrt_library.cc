#include "loader/tensorrt_library.h"

#include <utility>

namespace tensorrt_node {
namespace {

struct Family {
  const char* product;
  const char* library;
};

SharedLibrary OpenOrThrow(const std::string& path, const std::string& what) {
  std::string reason;
  auto library = SharedLibrary::Open(path, reason);
  if (!library) {
    throw StatusError("ERR_TRT_LIBRARY_NOT_FOUND",
                      "The " + what + " at " + path + " cannot be opened: " + reason + ".")
        .WithFile(path);
  }
  return std::move(*library);
}

Version ReadVersion(const SharedLibrary& core, const std::string& path) {
  const auto read = [&](const char* symbol) {
    const auto function = core.Symbol<int32_t (*)()>(symbol);
    if (function == nullptr) {
      throw StatusError(
          "ERR_TRT_LIBRARY_VERSION",
          path + " is not a TensorRT library, or one older than 10: it has no " + symbol + ".")
          .WithFile(path);
    }
    return function();
  };
  return {read("getInferLibMajorVersion"), read("getInferLibMinorVersion"),
          read("getInferLibPatchVersion"), read("getInferLibBuildVersion")};
}

/// TensorRT for RTX counts from 1, TensorRT from 10 on. Inside a family the virtual tables only
/// grow; they changed between RTX 1.4 and 1.5.
Family ChooseFamily(const Version& version, const std::string& path) {
  if (version.major == 1 && version.minor >= 5) {
    return {"tensorrt-rtx", "libtensorrt_node_rtx1.so"};
  }
  if (version.major == 11) return {"tensorrt", "libtensorrt_node_trt11.so"};
  throw StatusError("ERR_TRT_LIBRARY_VERSION", path + " is version " + version.ToString() +
                                                   ", which this package cannot drive.")
      .WithFile(path)
      .WithRemedy("Use TensorRT 11.x, or TensorRT for RTX 1.5 or later 1.x.");
}

/// The folder of the library that this code is in.
std::string OwnFolder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&OwnFolder), &info) == 0 || info.dli_fname == nullptr) {
    return ".";
  }
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

std::shared_ptr<TensorRTLibrary> TensorRTLibrary::Open(const std::string& core_path,
                                                       const std::string& parser_path) {
  return std::shared_ptr<TensorRTLibrary>(
      new TensorRTLibrary(OpenOrThrow(core_path, "TensorRT library"), core_path, parser_path));
}

TensorRTLibrary::TensorRTLibrary(SharedLibrary core, const std::string& core_path,
                                 const std::string& parser_path)
    : core_(std::move(core)), version_(ReadVersion(core_, core_path)) {
  const Family family = ChooseFamily(version_, core_path);
  product_ = family.product;
  // After the core, so that the loader resolves the parser's own need of the core to this one.
  if (!parser_path.empty()) parser_.emplace(OpenOrThrow(parser_path, "ONNX parser"));
  family_.emplace(OpenOrThrow(OwnFolder() + "/" + family.library, "part of this package"));
  const auto create = family_->Symbol<CreateBackend>(kCreateBackendSymbol);
  if (create == nullptr) {
    throw StatusError("ERR_ADDON", std::string(family.library) + " is damaged: it has no " +
                                       kCreateBackendSymbol + ".");
  }
  backend_ = create({core_.handle(), parser_ ? parser_->handle() : nullptr, version_});
}

}  // namespace tensorrt_node
