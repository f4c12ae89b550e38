#include "measure/card.h"

#include <dlfcn.h>

#include <array>
#include <utility>

#include "measure/error.h"
#include "microbench/card.h"

namespace measure {
namespace {

__global__ void read_all(const uint4* data, std::size_t count, unsigned* never) {
  unsigned all = 0;
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
    const uint4 value = data[i];
    all |= value.x | value.y | value.z | value.w;
  }
  if (all != 0) {  // the memory holds zeros: the loads can't be left out, and nothing is written
    *never = all;
  }
}

__global__ void spin(unsigned long long ns) {
  const auto now = [] {
    unsigned long long time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time)::"memory");
    return time;
  };
  const unsigned long long begin = now();
  while (now() - begin < ns) {
  }
}

}  // namespace

Memory::Memory(std::size_t bytes) : bytes_(bytes) {
  const cudaError_t error = cudaMalloc(&data_, bytes == 0 ? 1 : bytes);
  kernels::check(error, ("taking " + std::to_string(bytes) + " bytes of HBM").c_str());
}

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Card::Card() {
  int cards = 0;
  const cudaError_t error = cudaGetDeviceCount(&cards);
  if (error != cudaSuccess || cards == 0) {
    throw NoCard(std::string("no CUDA device was found: ") +
                 (error != cudaSuccess ? cudaGetErrorString(error) : "the driver lists none"));
  }
  kernels::check(cudaGetDeviceProperties(&properties_, 0), "asking for the card's properties");
  cudaFuncAttributes attributes{};
  if (cudaFuncGetAttributes(&attributes, spin) == cudaErrorNoKernelImageForDevice) {
    throw Error(
        properties_.name,
        "the kernels were not built for compute capability " + std::to_string(properties_.major) + "." +
            std::to_string(properties_.minor),
        "configure with -DCMAKE_CUDA_ARCHITECTURES=" + std::to_string(properties_.major * 10 + properties_.minor));
  }
  kernels::check(cudaStreamCreate(&stream_), "creating a stream");
  std::array<char, 32> id{};
  kernels::check(cudaDeviceGetPCIBusId(id.data(), id.size(), 0), "asking for the card's bus address");
  bus_id_ = id.data();
  nvml_ = dlopen("libnvidia-ml.so.1", RTLD_NOW);
  if (nvml_ != nullptr) {
    if (auto* init = reinterpret_cast<int (*)()>(dlsym(nvml_, "nvmlInit_v2"))) {
      init();  // NVML counts its users: microbench::read_card_state opens it again, which then costs nothing
    }
  }
}

Card::~Card() { cudaStreamDestroy(stream_); }

std::size_t Card::flush_bytes() const { return std::size_t{4} * properties_.l2CacheSize; }

Json Card::to_json() const {
  return {{"name", properties_.name},
          {"machine", machine_of(properties_.name)},
          {"compute_capability", std::to_string(properties_.major) + "." + std::to_string(properties_.minor)},
          {"sm_count", properties_.multiProcessorCount},
          {"l2_bytes", properties_.l2CacheSize},
          {"hbm_bytes", properties_.totalGlobalMem}};
}

Json Card::driver() const {
  int cuda = 0;
  kernels::check(cudaDriverGetVersion(&cuda), "asking for the driver's version");
  return {{"version", microbench::read_card_state(bus_id_).driver}, {"cuda", version_text(cuda)}};
}

double Card::power_w() const { return microbench::read_card_state(bus_id_).power_w.value_or(-1); }

bool Card::fits(std::size_t bytes) const {
  std::size_t free = 0, total = 0;
  kernels::check(cudaMemGetInfo(&free, &total), "asking for the free memory");
  return bytes + (std::size_t{1} << 30) < free;
}

std::string machine_of(const std::string& card_name) {
  constexpr std::array<std::pair<const char*, const char*>, 8> kMachines = {{
      {"H200 NVL", ""},  // its power limit is another than the SXM module's
      {"H200", "h200-sxm"},
      {"H100 80GB HBM3", "h100-sxm"},
      {"A100-SXM4-40GB", "a100-40gb"},
      {"A100-SXM4-80GB", "a100-80gb"},
      {"B200", "b200"},
      {"RTX 4090", "rtx4090"},
      {"V100", "v100"},
  }};
  for (const auto& [part, machine] : kMachines) {
    if (card_name.find(part) != std::string::npos) {
      return machine;
    }
  }
  return "";
}

std::string version_text(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

L2Flush::L2Flush(const Card& card) : memory_(card.flush_bytes()), blocks_(8 * card.sm_count()) {
  kernels::check(cudaMemset(memory_.data(), 0, memory_.bytes()), "clearing the memory that flushes the L2");
}

void L2Flush::queue(cudaStream_t stream) const {
  read_all<<<blocks_, 256, 0, stream>>>(memory_.as<uint4>(), memory_.bytes() / sizeof(uint4), memory_.as<unsigned>());
  kernels::check_launch("read_all");
}

void queue_delay(cudaStream_t stream, double microseconds) {
  spin<<<1, 1, 0, stream>>>(static_cast<unsigned long long>(microseconds * 1e3));
  kernels::check_launch("spin");
}

}  // namespace measure
