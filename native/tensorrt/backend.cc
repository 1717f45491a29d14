#include "tensorrt/builder.h"
#include "tensorrt/engine.h"
#include "tensorrt/engine_validity.h"
#include "tensorrt/library.h"

#if defined(TENSORRT_NODE_FAMILY_RTX1)
static_assert(NV_TENSORRT_MAJOR == 1 && NV_TENSORRT_MINOR >= 5,
              "family rtx1 needs the headers of TensorRT for RTX 1.5 or later");
#elif defined(TENSORRT_NODE_FAMILY_TRT11)
static_assert(NV_TENSORRT_MAJOR == 11, "family trt11 needs the headers of TensorRT 11");
#else
#error "the build must name the ABI family"
#endif

namespace tensorrt_node {
namespace {

class TrtBackend final : public Backend {
 public:
  explicit TrtBackend(const LibraryHandles& handles) : library_(handles) {}

  BuildResult Build(const BuildRequest& request, BuildObserver& observer) override {
    return Builder(library_, request, observer).Build();
  }

  ModelSupport CheckModel(const std::string&) override { return {}; }

  std::unique_ptr<HostMemory> CombineTimingCaches(const std::vector<uint8_t>&,
                                                  const std::vector<uint8_t>&) override {
    return nullptr;
  }

  void LoadPlugins(const std::string&) override {}

  std::vector<std::string> Plugins() const override { return {}; }

  std::unique_ptr<Engine> Deserialize(PlanSource& plan,
                                      const DeserializeOptions& options) override {
    return std::make_unique<TrtEngine>(library_, plan, options);
  }

  EngineValidity CheckEngine(const void* header, size_t size) override {
    return CheckEngineValidity(library_, header, size);
  }

 private:
  const Library library_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) std::unique_ptr<Backend>
TensorrtNodeCreateBackend(const LibraryHandles& handles) {
  return std::make_unique<TrtBackend>(handles);
}

}  // namespace tensorrt_node
