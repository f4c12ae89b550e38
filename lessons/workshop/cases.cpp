#include "lessons/workshop/cases.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/base/hash.h"
#include "sim/base/inputs.h"

namespace lessons {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kStep = 1.5F;       // from one tile's maximum to the next: e^-1.5 = 0.22 of the old sum remains
constexpr float kNegative = -2e4F;  // below what a program might take for -infinity
constexpr float kLarge = 1e4F;      // the +-1e4 that a stable program must take

std::uint64_t seed_of(const std::string& name) {
  sim::Hash hash;
  for (const char c : name) {
    hash.add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }
  return hash.value();
}

std::vector<float> made(const Case& c, sim::Distribution distribution, const char* tensor, std::int32_t rows,
                        std::int32_t cols) {
  std::vector<float> out(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  sim::fill_input(out.data(), {distribution, seed_of(c.name)}, tensor, 1, rows, cols, sim::DType::fp32);
  return out;
}

// Scores of one row of `length`: what `values` says, with `noise` (standard normal) put in.
float score(const std::string& values, std::int32_t j, std::int32_t length, std::int32_t tile, float noise) {
  const auto tiles = static_cast<float>(sim::ceil_div(length, tile));
  const auto at = static_cast<float>(j / tile);
  if (values == "worked") {
    return static_cast<float>(j + 1);
  }
  if (values == "growing") {
    return kStep * at + noise * 0.25F;
  }
  if (values == "falling") {
    return kStep * (tiles - 1 - at) + noise * 0.25F;
  }
  if (values == "large") {  // alternating signs, magnitudes from 100 to 10,000, each its own
    const float size = 100 + (kLarge - 100) * static_cast<float>(j) / static_cast<float>(length);
    return (j % 2 == 0 ? -size : size) + std::floor(noise * 4);
  }
  return kNegative + noise;  // negative
}

bool by_score(const std::string& values) {
  return values == "worked" || values == "growing" || values == "falling" || values == "large" || values == "negative";
}

void mask(std::vector<float>& x, const Case& c) {
  const std::int32_t rows = c.problem.rows, length = c.problem.row_length, tile = c.schedule.block_kv;
  for (std::int32_t r = 0; r < rows; ++r) {
    for (std::int32_t j = 0; j < length; ++j) {
      const bool first_tile = r % 2 == 0 && j < tile;
      const bool whole_row = r == rows - 1;
      const bool single = (j + 2 * r) % 5 == 3;
      if (first_tile || whole_row || single) {
        x[static_cast<std::size_t>(r) * static_cast<std::size_t>(length) + static_cast<std::size_t>(j)] = -kInf;
      }
    }
  }
}

std::vector<float> softmax_rows(const Case& c) {
  const std::int32_t rows = c.problem.rows, length = c.problem.row_length;
  const bool integers = c.values == "integers";
  std::vector<float> x = made(c, integers ? sim::Distribution::integers : sim::Distribution::normal,
                              integers ? "X" : "noise", rows, length);
  for (std::size_t n = 0; by_score(c.values) && n < x.size(); ++n) {
    const auto j = static_cast<std::int32_t>(n % static_cast<std::size_t>(length));
    x[n] = score(c.values, j, length, c.schedule.block_kv, x[n]);
  }
  if (c.values == "masked") {
    mask(x, c);
  }
  if (c.values == "nan") {
    const std::size_t row = rows > 1 ? 1 : 0;
    x[row * static_cast<std::size_t>(length) + static_cast<std::size_t>(length / 2)] = std::nanf("");
  }
  return x;
}

// Scores as a product: every query is sqrt(d) along the first column (and a little elsewhere, by row), so that the
// scaled score of key j is K's first element plus that little.
void attention_rows(const Case& c, CaseValues& out) {
  const sim::Problem& p = c.problem;
  const bool integers = c.values == "integers";
  const auto distribution = integers ? sim::Distribution::integers : sim::Distribution::normal;
  out.q = made(c, distribution, integers ? "Q" : "queries", p.seqlen_q, p.head_dim);
  out.k = made(c, distribution, integers ? "K" : "keys", p.seqlen_kv, p.head_dim);
  out.v = made(c, distribution, "V", p.seqlen_kv, p.head_dim);
  const auto d = static_cast<std::size_t>(p.head_dim);
  for (std::size_t j = 0; by_score(c.values) && j < static_cast<std::size_t>(p.seqlen_kv); ++j) {
    out.k[j * d] = score(c.values, static_cast<std::int32_t>(j), p.seqlen_kv, c.schedule.block_kv, out.k[j * d]);
  }
  for (std::size_t i = 0; by_score(c.values) && i < static_cast<std::size_t>(p.seqlen_q); ++i) {
    for (std::size_t e = 0; e < d; ++e) {
      out.q[i * d + e] = e == 0 ? std::sqrt(static_cast<float>(d)) : out.q[i * d + e] * 0.25F;
    }
  }
  if (c.values == "nan") {
    out.q[(p.seqlen_q > 1 ? 1 : 0) * d] = std::nanf("");
  }
}

}  // namespace

const std::vector<std::string>& kinds_of_values() {
  static const std::vector<std::string> kAll = {"integers", "normal",   "worked", "growing", "falling",
                                                "large",    "negative", "masked", "nan"};
  return kAll;
}

CaseValues values_of(const Case& given, bool softmax) {
  CaseValues out;
  if (softmax) {
    out.x = softmax_rows(given);
  } else {
    attention_rows(given, out);
  }
  return out;
}

}  // namespace lessons
