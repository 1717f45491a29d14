#include "aux_streams.h"

#include "cuda_driver.h"

namespace tensorrt_node::standin {

namespace {

/// An event that orders one stream behind another.
class Order {
 public:
  Order() { CheckDriver("cuEventCreate", cuEventCreate(&event_, CU_EVENT_DISABLE_TIMING)); }
  ~Order() { cuEventDestroy_v2(event_); }
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

  void Put(CUstream second, CUstream first) const {
    CheckDriver("cuEventRecord", cuEventRecord(event_, first));
    CheckDriver("cuStreamWaitEvent", cuStreamWaitEvent(second, event_, 0));
  }

 private:
  CUevent event_ = nullptr;
};

}  // namespace

void ForkAndJoin(CUstream main, const std::vector<CUstream>& auxiliary) {
  for (const CUstream stream : auxiliary) {
    const Order begin;
    begin.Put(stream, main);
    EnqueueWork(stream, [] {});
    const Order end;
    end.Put(main, stream);
  }
}

}  // namespace tensorrt_node::standin
