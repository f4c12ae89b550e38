// What NVML says about the card beyond the CUDA runtime: it belongs to the driver and is looked for at run time.
#pragma once

#include <optional>
#include <string>

namespace microbench {

struct CardState {
  std::string driver;  ///< "580.95.05"; empty without NVML
  std::optional<double> sm_clock_mhz, sm_clock_max_mhz, memory_clock_mhz, power_w, power_limit_w, temperature_c;
};

CardState read_card_state(const std::string& pci_bus_id);

}  // namespace microbench
