#include "sim/base/inputs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using sim::Distribution;
using sim::DType;

std::vector<float> make(Distribution distribution, std::string_view tensor, std::int64_t rows, std::int64_t cols,
                        DType dtype = DType::fp32, std::uint64_t seed = 1, std::int64_t slices = 1) {
  std::vector<float> values(static_cast<std::size_t>(slices * rows * cols));
  sim::fill_input(values.data(), {distribution, seed}, tensor, slices, rows, cols, dtype);
  return values;
}

// Scaled scores [rows, keys] of Q and K made with this distribution.
std::vector<double> scores(Distribution distribution, int rows, int keys, int d, DType dtype, std::uint64_t seed) {
  const std::vector<float> q = make(distribution, "Q", rows, d, dtype, seed);
  const std::vector<float> k = make(distribution, "K", keys, d, dtype, seed);
  std::vector<double> result;
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < keys; ++j) {
      double sum = 0;
      for (int c = 0; c < d; ++c) {
        sum += static_cast<double>(q[static_cast<std::size_t>(i * d + c)]) * k[static_cast<std::size_t>(j * d + c)];
      }
      result.push_back(sum / std::sqrt(d));
    }
  }
  return result;
}

// Of the rows, the fewest tiles that raise the running maximum.
int fewest_growing_tiles(const std::vector<double>& s, int rows, int keys, int tile) {
  int fewest = keys;
  for (int i = 0; i < rows; ++i) {
    double running = -INFINITY;
    int grown = 0;
    for (int first = 0; first < keys; first += tile) {
      const double* row = s.data() + std::ptrdiff_t{i} * keys;
      const double largest = *std::max_element(row + first, row + std::min(first + tile, keys));
      grown += largest > running ? 1 : 0;
      running = std::max(running, largest);
    }
    fewest = std::min(fewest, grown);
  }
  return fewest;
}

struct Moments {
  double mean = 0, variance = 0, largest = 0;
};

Moments moments_of(const std::vector<float>& values) {
  Moments m;
  for (const float value : values) {
    m.mean += value;
    m.variance += static_cast<double>(value) * value;
    m.largest = std::max(m.largest, std::fabs(static_cast<double>(value)));
  }
  const auto count = static_cast<double>(values.size());
  m.mean /= count;
  m.variance = m.variance / count - m.mean * m.mean;
  return m;
}

}  // namespace

TEST_CASE("normal values have the moments and tails of a normal distribution", "[inputs]") {
  const std::vector<float> values = make(Distribution::normal, "Q", 1000, 1000);
  const Moments m = moments_of(values);
  CHECK(std::fabs(m.mean) < 0.005);
  CHECK(std::fabs(m.variance - 1) < 0.01);
  CHECK(m.largest > 4.2);
  CHECK(m.largest < 6.7);
  for (const double z : {0.5, 1.0, 2.0, 3.0}) {
    const auto beyond = std::count_if(values.begin(), values.end(), [z](float v) { return v > z; });
    const double expected = 0.5 * std::erfc(z / std::sqrt(2.0)) * 1e6;
    CHECK(std::fabs(static_cast<double>(beyond) - expected) < 5 * std::sqrt(expected));
  }
}

TEST_CASE("uniform values fill -1 to 1, integers are the five smallest", "[inputs]") {
  const std::vector<float> uniform = make(Distribution::uniform, "K", 300, 300);
  const Moments m = moments_of(uniform);
  CHECK(std::fabs(m.mean) < 0.01);
  CHECK(std::fabs(m.variance - 1.0 / 3) < 0.01);
  CHECK(m.largest <= 1.0);
  const std::vector<float> integers = make(Distribution::integers, "K", 50, 50, DType::bf16);
  CHECK(std::set<float>(integers.begin(), integers.end()) == std::set<float>{-2, -1, 0, 1, 2});
  CHECK(moments_of(make(Distribution::ones, "V", 5, 5)).mean == 1);
  CHECK(moments_of(make(Distribution::zeros, "V", 5, 5)).largest == 0);
}

TEST_CASE("an element depends on its coordinates, not on the tensor's size", "[inputs]") {
  for (const char* tensor : {"Q", "K", "V", "X"}) {
    for (const std::string& name : sim::distribution_names()) {
      const Distribution distribution = sim::distribution_named(name);
      const std::vector<float> big = make(distribution, tensor, 20, 24, DType::fp16, 7, 3);
      const std::vector<float> small = make(distribution, tensor, 11, 5, DType::fp16, 7, 2);
      int different = 0;
      for (std::size_t s = 0; s < 2; ++s) {
        for (std::size_t r = 0; r < 11; ++r) {
          for (std::size_t c = 0; c < 5; ++c) {
            different += small[(s * 11 + r) * 5 + c] != big[(s * 20 + r) * 24 + c];
          }
        }
      }
      INFO(name << " " << tensor);
      CHECK(different == 0);
    }
  }
}

TEST_CASE("seed, tensor, slice, row and column all matter", "[inputs]") {
  const std::vector<float> base = make(Distribution::normal, "Q", 8, 8, DType::fp32, 1, 2);
  CHECK(std::set<float>(base.begin(), base.end()).size() == base.size());
  CHECK(make(Distribution::normal, "Q", 8, 8, DType::fp32, 2, 2) != base);
  CHECK(make(Distribution::normal, "K", 8, 8, DType::fp32, 1, 2) != base);
  CHECK(make(Distribution::normal, "Q", 8, 8, DType::fp32, 1, 2) == base);
}

TEST_CASE("the bits are the same on every machine", "[inputs]") {
  const std::vector<float> normal = make(Distribution::normal, "Q", 1, 4, DType::fp32, 42);
  const std::vector<std::uint32_t> expected = {0xbfe3c0d4u, 0x3e5fecfau, 0x3f7e9d11u, 0xbfb97766u};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::bit_cast<std::uint32_t>(normal[i]) == expected[i]);
  }
}

TEST_CASE("values are rounded to the dtype", "[inputs]") {
  for (const DType dtype : {DType::fp16, DType::bf16}) {
    const std::vector<float> exact = make(Distribution::normal, "Q", 30, 30);
    const std::vector<float> rounded = make(Distribution::normal, "Q", 30, 30, dtype);
    CHECK(rounded != exact);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      REQUIRE(rounded[i] == sim::round_to(dtype, exact[i]));
    }
  }
}

TEST_CASE("growing-max raises every row's maximum in most tiles, whatever dtype and head dimension", "[inputs]") {
  for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
    for (const int d : {1, 4, 16, 64, 128, 256}) {
      const int rows = 48, keys = 2048;
      const std::vector<double> s = scores(Distribution::growing_max, rows, keys, d, dtype, 3);
      const std::vector<double> small = scores(Distribution::growing_max, rows, 64, d, dtype, 3);
      INFO(sim::name_of(dtype) << " d=" << d);
      CHECK(fewest_growing_tiles(s, rows, keys, 32) > keys / 32 / 2);
      CHECK(fewest_growing_tiles(small, rows, 64, 4) > 8);
      CHECK(*std::max_element(s.begin(), s.end()) < 80);
    }
  }
}

TEST_CASE("growing-max is fit for fp16 at the longest contexts", "[inputs]") {
  const std::vector<float> k = make(Distribution::growing_max, "K", 1 << 17, 2, DType::fp16);
  CHECK(moments_of(k).largest < 200);
}

TEST_CASE("growing-max grows along the rows of X", "[inputs]") {
  const int rows = 40, length = 2048;
  const std::vector<float> x = make(Distribution::growing_max, "X", rows, length);
  CHECK(fewest_growing_tiles(std::vector<double>(x.begin(), x.end()), rows, length, 32) > length / 32 / 2);
}

TEST_CASE("large scores overflow e^x in fp32 in every row, yet fit fp16", "[inputs]") {
  const int rows = 64, keys = 64;
  for (const int d : {4, 64, 128}) {
    const std::vector<double> s = scores(Distribution::large, rows, keys, d, DType::fp16, 5);
    for (int i = 0; i < rows; ++i) {
      const auto row = s.begin() + i * keys;
      CHECK(std::isinf(std::exp(static_cast<float>(*std::max_element(row, row + keys)))));
    }
    CHECK(std::fabs(*std::max_element(s.begin(), s.end())) < 65504);
  }
  CHECK(moments_of(make(Distribution::large, "X", 100, 100)).variance > 60000);
  CHECK(moments_of(make(Distribution::large, "V", 100, 100)).largest < 7);
}

TEST_CASE("distributions have names, and an unknown one gets the nearest", "[inputs]") {
  CHECK(sim::distribution_names().size() == 7);
  for (const std::string& name : sim::distribution_names()) {
    CHECK(sim::name_of(sim::distribution_named(name)) == name);
  }
  try {
    sim::distribution_named("growing_mx");
    FAIL("no error");
  } catch (const sim::Error& error) {
    CHECK(error.hint().find("did you mean 'growing-max'?") == 0);
  }
}
