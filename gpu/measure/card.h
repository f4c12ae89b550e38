// The card in use: what it is, and the memory that measuring needs on it.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "measure/point.h"

namespace measure {

/// Device memory, freed at the end.
class Memory {
 public:
  explicit Memory(std::size_t bytes);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&&) = delete;
  ~Memory() { cudaFree(data_); }

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

template <class T>
Memory upload(const std::vector<T>& host) {
  Memory memory(host.size() * sizeof(T));
  kernels::check(cudaMemcpy(memory.data(), host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice),
                 "copying to the card");
  return memory;
}

template <class T>
std::vector<T> download(const void* data, std::size_t count) {
  std::vector<T> host(count);
  kernels::check(cudaMemcpy(host.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost), "copying from the card");
  return host;
}

class Card {
 public:
  /// Throws NoCard.
  Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;
  ~Card();

  cudaStream_t stream() const { return stream_; }
  int sm_count() const { return properties_.multiProcessorCount; }
  std::size_t flush_bytes() const;
  Json to_json() const;                ///< "card" of a measurement file
  Json driver() const;                 ///< "driver"
  double power_w() const;              ///< now; negative if it can't be told
  bool fits(std::size_t bytes) const;  ///< beside what is in use

 private:
  cudaDeviceProp properties_{};
  cudaStream_t stream_ = nullptr;
  std::string bus_id_;
  void* nvml_ = nullptr;  // held open, so that each look at the power need not start it
};

/// "h200-sxm" for "NVIDIA H200", as the files of assets/machines; "" for a card that has none.
std::string machine_of(const std::string& card_name);
/// 13000 -> "13.0".
std::string version_text(int number);

/// Reads as many bytes as fill the L2 four times over, so that nothing useful is left in it. Reading leaves no dirty
/// lines, whose write-back the next kernel would pay for.
class L2Flush {
 public:
  explicit L2Flush(const Card& card);
  void queue(cudaStream_t stream) const;
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  Memory memory_;
  int blocks_;
};

/// Keeps the card busy for a while, so that the host gets ahead of it.
void queue_delay(cudaStream_t stream, double microseconds);

}  // namespace measure
