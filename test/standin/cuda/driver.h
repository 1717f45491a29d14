#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../common/call_ledger.h"
#include "allocation.h"
#include "capture.h"
#include "device.h"
#include "driver_api.h"
#include "event.h"
#include "graph.h"
#include "handle_table.h"
#include "memory_pool.h"
#include "settings.h"
#include "stream.h"

namespace tensorrt_node::standin {

/// Everything the driver keeps for the process.
class Driver {
 public:
  /// Never destroyed: the threads of streams may outlive static destructors.
  static Driver& Instance();

  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  CUresult Initialize();
  bool initialized() const { return initialized_; }
  const Settings& settings() const { return settings_; }

  int device_count() const { return static_cast<int>(devices_.size()); }
  /// Null where there is no such device.
  Device* FindDevice(CUdevice ordinal) const;
  Device* FindDevice(CUcontext context) const;

  /// Null where the device has not so much free memory.
  CUdeviceptr AllocateDeviceMemory(Device& device, size_t bytes);
  /// Null where the pool cannot grow so far.
  CUdeviceptr AllocateFromPool(const std::shared_ptr<MemoryPool>& pool, size_t bytes);
  bool FreeDeviceMemory(CUdeviceptr address);
  CUstream CreateStream(Device& device, Stream::Options options);
  CUgraphExec CreateGraphExec(std::shared_ptr<const Graph> graph);

  CUmemoryPool CreatePool(Device& device);
  CUmemoryPool DefaultPool(const Device& device) const { return default_pools_[device.ordinal()]; }
  /// What the driver does when the application waits: pools keep no more than their threshold.
  void TrimPools();

  AllocationMap& device_memory() { return device_memory_; }
  AllocationMap& pinned_memory() { return pinned_memory_; }
  HandleTable<CUstream, Stream>& streams() { return streams_; }
  HandleTable<CUevent, Event>& events() { return events_; }
  HandleTable<CUmemoryPool, MemoryPool>& pools() { return pools_; }
  HandleTable<CUgraph, const Graph>& graphs() { return graphs_; }
  HandleTable<CUgraphExec, GraphExec>& graph_execs() { return graph_execs_; }
  Captures& captures() { return captures_; }
  CallLedger& ledger() { return ledger_; }
  /// Failures that the context does not survive.
  CallLedger& fault_ledger() { return fault_ledger_; }

  /// Counts a breach of the driver's contract and writes it to standard error.
  void Violation(const std::string& message);
  int64_t violations() const { return violations_; }

  /// What was not released, as one line of JSON.
  std::string Report() const;

 private:
  Driver();

  CUdeviceptr AddDeviceMemory(std::shared_ptr<Allocation> allocation);

  /// Each of the objects that choose by chance gets its own.
  uint64_t NextSeed() { return settings_.seed + seeds_given_.fetch_add(1); }

  CallLedger ledger_;
  CallLedger fault_ledger_;
  Settings settings_{};
  std::once_flag once_;
  std::atomic<bool> initialized_{false};
  std::vector<std::unique_ptr<Device>> devices_;
  AllocationMap device_memory_;
  AllocationMap pinned_memory_;
  std::atomic<CUdeviceptr> next_address_;
  std::atomic<uintptr_t> next_handle_;
  std::atomic<uint64_t> seeds_given_{0};
  HandleTable<CUstream, Stream> streams_{next_handle_};
  HandleTable<CUevent, Event> events_{next_handle_};
  HandleTable<CUmemoryPool, MemoryPool> pools_{next_handle_};
  std::vector<CUmemoryPool> default_pools_;
  std::atomic<bool> pools_grew_{false};
  HandleTable<CUgraph, const Graph> graphs_{next_handle_};
  HandleTable<CUgraphExec, GraphExec> graph_execs_{next_handle_};
  Captures captures_;
  std::atomic<int64_t> violations_{0};
};

}  // namespace tensorrt_node::standin
