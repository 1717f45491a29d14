#include "pci_bus_id.h"

#include <cstdio>

namespace tensorrt_node::standin {

int PciBus(int ordinal) { return ordinal + 1; }

std::string PciBusId(int ordinal) {
  char id[sizeof("0000:00:00.0")];
  std::snprintf(id, sizeof(id), "0000:%02X:00.0", PciBus(ordinal) & 0xFF);
  return id;
}

}  // namespace tensorrt_node::standin
