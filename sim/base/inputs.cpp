#include "sim/base/inputs.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {
namespace {

struct Named {
  Distribution distribution;
  std::string_view name;
};

constexpr Named kNames[] = {
    {Distribution::normal, "normal"}, {Distribution::uniform, "uniform"},   {Distribution::growing_max, "growing-max"},
    {Distribution::large, "large"},   {Distribution::integers, "integers"}, {Distribution::ones, "ones"},
    {Distribution::zeros, "zeros"},
};

// SplitMix64's output function (Steele, Lea and Flood 2014) over a sum with its odd constant: a hash of two words.
constexpr std::uint64_t mixed(std::uint64_t key, std::uint64_t word) {
  std::uint64_t z = key + (word + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return hash;
}

// Logarithm and cosine from sums and products alone, since libraries' differ in the last bit.

constexpr int kLogTerms = 10, kCosTerms = 11;

constexpr std::array<double, kLogTerms> kLogSeries = [] {
  std::array<double, kLogTerms> terms{};
  for (int k = 0; k < kLogTerms; ++k) {
    terms[static_cast<std::size_t>(k)] = 2.0 / (2 * k + 1);
  }
  return terms;
}();

constexpr std::array<double, kCosTerms + 1> kCosSeries = [] {
  std::array<double, kCosTerms + 1> terms{1};
  for (int k = 1; k <= kCosTerms; ++k) {
    terms[static_cast<std::size_t>(k)] = -terms[static_cast<std::size_t>(k - 1)] / (2 * k * (2 * k - 1));
  }
  return terms;
}();

template <std::size_t Count>
double polynomial(const std::array<double, Count>& terms, double x) {
  double sum = 0;
  for (std::size_t k = Count; k-- > 0;) {
    sum = sum * x + terms[k];
  }
  return sum;
}

// ln(m 2^e), m in [sqrt(1/2), sqrt(2)): ln m = 2 artanh z with z = (m - 1) / (m + 1), |z| < 0.172.
double log_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const double z = (mantissa - 1) / (mantissa + 1);
  return z * polynomial(kLogSeries, z * z) + exponent * 0.69314718055994531;
}

// cos(x) for x in [0, pi/2], by its Taylor series to x^22.
double cos_of(double x) { return polynomial(kCosSeries, x * x); }

double uniform_of(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }  // [0, 1)

// Box and Muller 1958: 32 bits for the radius (at most 6.7), 31 for the angle in a quarter turn, one for the sign.
double normal_of(std::uint64_t bits) {
  const double radius = std::sqrt(-2 * log_of((static_cast<double>(bits >> 32) + 1) * 0x1p-32));
  const double angle = static_cast<double>(bits & 0x7fffffffu) * (0x1p-31 * 1.5707963267948966);
  const double value = radius * cos_of(angle);
  return (bits & 0x80000000u) != 0 ? -value : value;
}

enum class Role : std::uint8_t { query, key, logits, other };

Role role_of(std::string_view tensor) {
  return tensor == "Q" ? Role::query : tensor == "K" ? Role::key : tensor == "X" ? Role::logits : Role::other;
}

// Growing maximum. Each K row j is sqrt(j) times one direction u, plus noise; each Q row is u times a gain of its own
// in [1, 2), plus noise too small to turn it round. With |u_c| = (c + 1)^(-1/4), u.u / sqrt(d) stays between 1 and 2
// for every head dimension d, though no element knows d. So scores are gain * (1 to 2) * 0.35 sqrt(j) + noise: sqrt
// grows through every tile of a long row, yet within the range of fp16, and slowly enough for old tiles to matter.
constexpr double kGrowth = 0.35;
constexpr double kKeyNoise = 0.0625;  // uniform on +-: little beside the growth over a few keys
constexpr double kQueryNoise = 0.25;  // uniform on +-: less than the least gain * |u_0|
constexpr double kLogitNoise = 0.0625;

struct Generator {
  InputSpec spec;
  Role role;
  std::vector<double> direction;  // u, of growing_max

  Generator(const InputSpec& s, std::string_view tensor, std::int64_t cols) : spec(s), role(role_of(tensor)) {
    if (spec.distribution != Distribution::growing_max || role == Role::logits) {
      return;
    }
    const std::uint64_t key = mixed(spec.seed, hash_of("direction"));
    for (std::int64_t c = 0; c < cols; ++c) {
      const double size = 1 / std::sqrt(std::sqrt(static_cast<double>(c + 1)));
      direction.push_back((mixed(key, static_cast<std::uint64_t>(c)) & 1) != 0 ? -size : size);
    }
  }

  double growing(std::uint64_t bits, double gain, std::int64_t row, std::int64_t col) const {
    const double centred = 2 * uniform_of(bits) - 1;
    switch (role) {
      case Role::query: return gain * direction[static_cast<std::size_t>(col)] + kQueryNoise * centred;
      case Role::key:
        return kGrowth * std::sqrt(static_cast<double>(row)) * direction[static_cast<std::size_t>(col)] +
               kKeyNoise * centred;
      case Role::logits:  // the columns of X are what the keys are to Q
        return gain * 1.5 * kGrowth * std::sqrt(static_cast<double>(col)) + kLogitNoise * centred;
      case Role::other: break;
    }
    return normal_of(bits);
  }

  // Scores: 16 * 16 for attention, whose scaled dot products have variance 1 otherwise.
  double large(std::uint64_t bits) const {
    return normal_of(bits) * (role == Role::other ? 1 : role == Role::logits ? 256 : 16);
  }

  double value(std::uint64_t bits, double gain, std::int64_t row, std::int64_t col) const {
    switch (spec.distribution) {
      case Distribution::normal: return normal_of(bits);
      case Distribution::uniform: return 2 * uniform_of(bits) - 1;
      case Distribution::growing_max: return growing(bits, gain, row, col);
      case Distribution::large: return large(bits);
      case Distribution::integers: return static_cast<double>((bits >> 32) % 5) - 2;
      case Distribution::ones: return 1;
      case Distribution::zeros: break;
    }
    return 0;
  }
};

}  // namespace

std::string_view name_of(Distribution distribution) {
  for (const Named& named : kNames) {
    if (named.distribution == distribution) {
      return named.name;
    }
  }
  return "?";
}

std::vector<std::string> distribution_names() {
  std::vector<std::string> names;
  for (const Named& named : kNames) {
    names.emplace_back(named.name);
  }
  return names;
}

Distribution distribution_named(std::string_view name) {
  for (const Named& named : kNames) {
    if (named.name == name) {
      return named.distribution;
    }
  }
  throw Error("", "unknown input distribution '" + std::string(name) + "'", suggestion(name, distribution_names()));
}

void fill_input(float* out, const InputSpec& spec, std::string_view tensor, std::int64_t slices, std::int64_t rows,
                std::int64_t cols, DType dtype, std::int64_t first_slice) {
  const Generator generator(spec, tensor, cols);
  const std::uint64_t tensor_key = mixed(spec.seed, hash_of(tensor));
  float* next = out;
  for (std::int64_t slice = 0; slice < slices; ++slice) {
    const std::uint64_t slice_key = mixed(tensor_key, static_cast<std::uint64_t>(first_slice + slice));
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::uint64_t row_key = mixed(slice_key, static_cast<std::uint64_t>(row));
      const double gain = 1 + uniform_of(mixed(row_key, hash_of("gain")));
      for (std::int64_t col = 0; col < cols; ++col) {
        const std::uint64_t bits = mixed(row_key, static_cast<std::uint64_t>(col));
        *next++ = static_cast<float>(generator.value(bits, gain, row, col));
      }
    }
  }
  round_to(dtype, out, next - out);
}

}  // namespace sim
