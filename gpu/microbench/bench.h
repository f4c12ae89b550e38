// What the micro-benchmarks share on the host: results, CUDA errors, device memory, timing by events.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace microbench {

/// Throws std::runtime_error "WHAT: the error in words".
void check(cudaError_t error, const std::string& what);

/// One number, measured several times.
struct Result {
  std::string name;      ///< "hbm.read": group and quantity
  std::string measures;  ///< one sentence
  std::string unit;
  std::string conditions;
  std::vector<std::pair<std::string, double>> at;  ///< the point of a curve, e.g. {"bytes_per_sm", 65536}
  std::vector<double> samples;
};

/// The sample below which `fraction` of the sorted samples lie.
double quantile(std::vector<double> samples, double fraction);
inline double median(const std::vector<double>& samples) { return quantile(samples, 0.5); }

struct Context {
  cudaDeviceProp card{};
  std::string pci_bus_id;
  cudaStream_t stream = nullptr;
  std::vector<Result> results;

  void record(Result result);  ///< and prints it to stderr
};

/// Device memory of `count` elements.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) {
    check(cudaMalloc(&data_, count * sizeof(T)), "taking " + std::to_string(count * sizeof(T)) + " bytes of HBM");
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() { return data_; }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  void upload(const std::vector<T>& host) {
    check(cudaMemcpy(data_, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice), "copying to the card");
  }
  std::vector<T> download() const {
    std::vector<T> host(count_);
    check(cudaMemcpy(host.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "copying from the card");
    return host;
  }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

/// Milliseconds of each of `runs` calls of `launch`, by events. All are queued behind a kernel that spins, so that
/// the host is ahead of the card; the first two are warm-up and not returned.
std::vector<double> time_launches(cudaStream_t stream, int runs, const std::function<void()>& launch);

/// Keeps the card busy for `microseconds`, so that what is queued next runs without waiting for the host.
void queue_delay(cudaStream_t stream, double microseconds);

/// Reads memory through the L2 past L1: what fits lies in the L2 afterwards, and what lay there before does not.
void read_through(cudaStream_t stream, const void* data, std::size_t bytes);

/// Dynamic SMEM per block with which exactly `blocks` blocks fit an SM; grants it to the kernel.
int limit_residency(const Context& context, const void* kernel, int blocks);

/// How many blocks of the kernel fit an SM.
int resident_blocks(const void* kernel, int threads, int smem);

/// Fills memory with pseudo-random bits: equal data would cost less power than real data.
void fill_random(cudaStream_t stream, void* data, std::size_t bytes);

// The benchmarks, one file each.
void measure_hbm(Context& context);
void measure_in_flight(Context& context);
void measure_latency(Context& context);
void measure_l2(Context& context);
void measure_smem(Context& context);
void measure_alu(Context& context);
void measure_mma(Context& context);
void measure_launch(Context& context);
void measure_barrier(Context& context);
void measure_mma_feed(Context& context);
void measure_wgmma(Context& context);
void measure_cp_async(Context& context);
void measure_tma(Context& context);
void measure_mbarrier(Context& context);
void measure_issue(Context& context);
void measure_phases(Context& context);
void measure_l2_latency(Context& context);
void measure_l2_shared(Context& context);
void measure_turnover(Context& context);
void measure_events(Context& context);
void measure_sustained(Context& context);
void measure_code(Context& context);
void measure_pass(Context& context);
void measure_mma_short(Context& context);
void measure_copy_step(Context& context);

}  // namespace microbench
