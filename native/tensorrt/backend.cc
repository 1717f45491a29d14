#include "tensorrt/builder.h"
#include "tensorrt/engine.h"
#include "tensorrt/engine_validity.h"
#include "tensorrt/library.h"
#include "tensorrt/model_support.h"
#include "tensorrt/plugins.h"
#include "tensorrt/timing_cache.h"

#if defined(TENSORRT_NODE_FAMILY_RTX1)
static_assert(NV_TENSORRT_MAJOR == 1 && NV_TENSORRT_MINOR >= 7,
              "family rtx1 needs the headers of TensorRT for RTX 1.7 or later");
#elif defined(TENSORRT_NODE_FAMILY_TRT11)
static_assert(NV_TENSORRT_MAJOR == 11 && NV_TENSORRT_MINOR >= 4,
              "family trt11 needs the headers of TensorRT 11.4 or later");
#elif defined(TENSORRT_NODE_FAMILY_TRT10)
static_assert(NV_TENSORRT_MAJOR == 10 && NV_TENSORRT_MINOR >= 16,
              "family trt10 needs the headers of TensorRT 10.16, which drive all of 10");
#else
#error "the build must name the ABI family"
#endif

namespace tensorrt_node {
namespace {

class TrtBackend final : public Backend {
 public:
  explicit TrtBackend(const LibraryHandles& handles) : library_(handles), plugins_(handles) {}

  BuildResult Build(const BuildRequest& request, BuildObserver& observer) override {
    return Builder(library_, plugins_, request, observer).Build();
  }

  ModelSupport CheckModel(const std::string& model_path, const Switches& parser_flags) override {
    return CheckModelSupport(library_, plugins_, model_path, parser_flags);
  }

  std::unique_ptr<HostMemory> CombineTimingCaches(const std::vector<uint8_t>& first,
                                                  const std::vector<uint8_t>& second) override {
    return tensorrt_node::CombineTimingCaches(library_, first, second);
  }

  void LoadPlugins(const std::string& library_path) override { plugins_.Load(library_path); }

  std::vector<std::string> Plugins() const override { return plugins_.Names(); }

  std::unique_ptr<Engine> Deserialize(PlanSource& plan,
                                      const DeserializeOptions& options) override {
    return std::make_unique<TrtEngine>(library_, plan, options);
  }

  EngineValidity CheckEngine(const void* header, size_t size) override {
    return CheckEngineValidity(library_, header, size);
  }

 private:
  const Library library_;
  tensorrt_node::Plugins plugins_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) std::unique_ptr<Backend>
TensorrtNodeCreateBackend(const LibraryHandles& handles) {
  return std::make_unique<TrtBackend>(handles);
}

}  // namespace tensorrt_node
