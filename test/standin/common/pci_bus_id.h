#pragma once

#include <string>

namespace tensorrt_node::standin {

/// The PCI bus of the device with this ordinal, on which it is device 0 of domain 0. The same for
/// the driver and for NVML, which know devices by it.
int PciBus(int ordinal);

/// As `cuDeviceGetPCIBusId` writes it: `0000:01:00.0`.
std::string PciBusId(int ordinal);

}  // namespace tensorrt_node::standin
