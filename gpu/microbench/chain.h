// A pointer chase: lines of memory of which each holds the address of the next.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>

#include "microbench/bench.h"

namespace microbench {

using Address = unsigned long long;

constexpr std::size_t kLine = 128;                       // bytes
constexpr std::size_t kWords = kLine / sizeof(Address);  // the first of each line is the address of the next line

enum class Path { L1, L2 };

template <Path P>
__device__ inline void step(Address& at) {
  if constexpr (P == Path::L1) {
    asm volatile("ld.global.ca.u64 %0, [%0];" : "+l"(at)::"memory");
  } else {
    asm volatile("ld.global.cg.u64 %0, [%0];" : "+l"(at)::"memory");
  }
}

/// One cycle through all lines in random order, in device memory; `order[i]` is the line at step i.
struct Chain {
  explicit Chain(std::size_t bytes) : order(bytes / kLine), words(bytes / sizeof(Address)) {
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin() + 1, order.end(), std::mt19937(7));
    std::vector<Address> host(words.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      host[order[i] * kWords] = line(order[(i + 1) % order.size()]);
    }
    words.upload(host);
  }
  Address line(std::size_t index) { return reinterpret_cast<Address>(words.data()) + index * kLine; }

  std::vector<unsigned> order;
  DeviceArray<Address> words;
};

}  // namespace microbench
