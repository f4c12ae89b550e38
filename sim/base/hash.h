// A running 64-bit FNV-1a hash over plain values: the fingerprint that the tests of seek and reverse compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace sim {

class Hash {
 public:
  template <typename T>
  Hash& add(const T& value) {
    static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>,
                  "padding bytes would make the hash differ");
    return add_bytes(&value, sizeof(T));
  }
  Hash& add_bytes(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes + i, 8);
      mix(word);
    }
    for (std::size_t i = size & ~std::size_t{7}; i < size; ++i) {
      mix(bytes[i]);
    }
    return *this;
  }
  std::uint64_t value() const { return state_; }

 private:
  void mix(std::uint64_t word) {
    state_ ^= word;
    state_ *= 0x100000001b3ull;
    state_ ^= state_ >> 29;
  }
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

}  // namespace sim
