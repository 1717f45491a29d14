#include "loader/tensorrt_library.h"

#include <unistd.h>

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
  if (version.major == 10) return {"tensorrt", "libtensorrt_node_trt10.so"};
  throw StatusError("ERR_TRT_LIBRARY_VERSION", path + " is version " + version.ToString() +
                                                   ", which this package cannot drive.")
      .WithFile(path)
      .WithRemedy("Use TensorRT 10.x or 11.x, or TensorRT for RTX 1.5 or later 1.x.");
}

/// The folder of the library that has a function; "." where the loader does not know.
std::string FolderOf(const void* function) {
  Dl_info info{};
  if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// The family library is a part of this package. That of TensorRT 10 is there only where the
/// package was built with headers of TensorRT 10, which cannot be fetched with the others.
SharedLibrary OpenFamily(const Family& family, const Version& version) {
  const std::string folder = FolderOf(reinterpret_cast<const void*>(&OpenFamily));
  const std::string path = folder + "/" + family.library;
  if (version.major == 10 && access(path.c_str(), F_OK) != 0) {
    throw StatusError("ERR_TRT_LIBRARY_VERSION",
                      "This build of tensorrt-node has no support for TensorRT 10; the library "
                      "found is version " +
                          version.ToString() + ".")
        .WithRemedy(
            "Use TensorRT 11, or build the addon with TENSORRT_ROOT set to an SDK of "
            "TensorRT 10.16.");
  }
  return OpenOrThrow(path, "part of this package");
}

/// TensorRT 11 opens its builder's parts when it builds, and by their bare names: it finds them
/// only where the loader looks, unless it is told the folder. TensorRT for RTX has all in one.
void TellFolderOfParts(const SharedLibrary& core) {
  const auto set_folder = core.Symbol<bool (*)(const char*)>("setInternalLibraryPath");
  if (set_folder == nullptr) return;
  set_folder(FolderOf(reinterpret_cast<const void*>(set_folder)).c_str());
}

}  // namespace

std::shared_ptr<TensorRTLibrary> TensorRTLibrary::Open(const LibraryPaths& paths) {
  return std::shared_ptr<TensorRTLibrary>(
      new TensorRTLibrary(OpenOrThrow(paths.core, "TensorRT library"), paths));
}

TensorRTLibrary::TensorRTLibrary(SharedLibrary core, const LibraryPaths& paths)
    : core_(std::move(core)), version_(ReadVersion(core_, paths.core)) {
  const Family family = ChooseFamily(version_, paths.core);
  product_ = family.product;
  if (product_ == "tensorrt") TellFolderOfParts(core_);
  // After the core, so that the loader resolves the parser's own need of the core to this one.
  if (!paths.parser.empty()) parser_.emplace(OpenOrThrow(paths.parser, "ONNX parser"));
  family_.emplace(OpenFamily(family, version_));
  const auto create = family_->Symbol<CreateBackend>(kCreateBackendSymbol);
  if (create == nullptr) {
    throw StatusError("ERR_ADDON", std::string(family.library) + " is damaged: it has no " +
                                       kCreateBackendSymbol + ".");
  }
  backend_ =
      create({core_.handle(), parser_ ? parser_->handle() : nullptr, paths.plugins, version_});
}

int TensorRTLibrary::parser_version() const {
  const auto read = parser_ ? parser_->Symbol<int (*)()>("getNvOnnxParserVersion") : nullptr;
  return read == nullptr ? 0 : read();
}

}  // namespace tensorrt_node
