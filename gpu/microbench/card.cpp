#include "microbench/card.h"

#include <dlfcn.h>

namespace microbench {
namespace {

// The few of NVML's declarations that are used: nvml.h is not part of every toolkit.
using Device = void*;
constexpr int kSuccess = 0;
constexpr int kClockSm = 1;
constexpr int kClockMemory = 2;
constexpr int kTemperatureGpu = 0;

class Nvml {
 public:
  Nvml() : library_(dlopen("libnvidia-ml.so.1", RTLD_NOW)) { ready_ = library_ != nullptr && call("nvmlInit_v2"); }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml() {
    if (ready_) {
      call("nvmlShutdown");
    }
    if (library_ != nullptr) {
      dlclose(library_);
    }
  }

  bool ready() const { return ready_; }

  /// Calls the function of this name, with arguments of exactly its types; false if it is not there or fails.
  template <class... Arguments>
  bool call(const char* name, Arguments... arguments) const {
    auto* function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_, name));
    return function != nullptr && function(arguments...) == kSuccess;
  }

 private:
  void* library_;
  bool ready_ = false;
};

}  // namespace

CardState read_card_state(const std::string& pci_bus_id) {
  CardState state;
  const Nvml nvml;
  Device device = nullptr;
  if (!nvml.ready() || !nvml.call("nvmlDeviceGetHandleByPciBusId_v2", pci_bus_id.c_str(), &device)) {
    return state;
  }
  char driver[80] = "";
  if (nvml.call("nvmlSystemGetDriverVersion", &driver[0], unsigned{sizeof driver})) {
    state.driver = driver;
  }
  unsigned value = 0;
  if (nvml.call("nvmlDeviceGetClockInfo", device, kClockSm, &value)) {
    state.sm_clock_mhz = value;
  }
  if (nvml.call("nvmlDeviceGetMaxClockInfo", device, kClockSm, &value)) {
    state.sm_clock_max_mhz = value;
  }
  if (nvml.call("nvmlDeviceGetClockInfo", device, kClockMemory, &value)) {
    state.memory_clock_mhz = value;
  }
  if (nvml.call("nvmlDeviceGetPowerUsage", device, &value)) {
    state.power_w = value * 1e-3;
  }
  if (nvml.call("nvmlDeviceGetEnforcedPowerLimit", device, &value)) {
    state.power_limit_w = value * 1e-3;
  }
  if (nvml.call("nvmlDeviceGetTemperature", device, kTemperatureGpu, &value)) {
    state.temperature_c = value;
  }
  return state;
}

}  // namespace microbench
