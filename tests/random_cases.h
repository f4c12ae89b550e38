// Random problems and schedules of an algorithm: ragged lengths, any tiles, grouped heads, rows that see no key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

#include "sim/algorithms/algorithms.h"

namespace random_cases {

inline sim::Machine built_in(const std::string& name) { return sim::load_machine(name, ATTOSCOPE_SOURCE_ASSETS); }

struct Case {
  sim::Problem problem;
  sim::Schedule schedule;
  std::string machine;

  std::string text() const {
    const sim::Problem& p = problem;
    const auto number = [](const char* name, std::int64_t value) {
      return std::string(" ") + name + "=" + std::to_string(value);
    };
    return machine + number("B", p.batch) + number("H", p.heads) + number("Hkv", p.kv_heads) +
           number("Nq", p.seqlen_q) + number("Nk", p.seqlen_kv) + number("d", p.head_dim) + number("R", p.rows) +
           number("V", p.row_length) + " " + std::string(name_of(p.dtype)) + " " + std::string(name_of(p.mask)) +
           number("Br", schedule.block_q) + number("Bc", schedule.block_kv) + number("st", schedule.stages) +
           number("warps", schedule.warps) + number("splits", schedule.splits);
  }
};

inline sim::Plan plan_of(const std::string& algorithm, const Case& c) {
  return sim::find_algorithm(algorithm).plan(c.problem, c.schedule, built_in(c.machine));
}

/// The same cases in the same order for the same algorithm and limits, everywhere.
class Cases {
 public:
  /// Lengths up to `longest`; tiles such that a head has at most about `tiles` of them.
  explicit Cases(const std::string& algorithm, std::int32_t longest = 700, std::int64_t tiles = 1000)
      : algorithm_(sim::find_algorithm(algorithm)), longest_(longest), tiles_(tiles), random_(seed_of(algorithm)) {}

  Case next() {
    Case c;
    c.machine = pick({"a100-40gb", "blackboard"});
    sim::Problem& p = c.problem;
    p.batch = number(1, 3);
    p.kv_heads = number(1, 3);
    p.heads = p.kv_heads * pick({1, 1, 2, 3, 4});
    p.seqlen_q = length();
    p.seqlen_kv = number(0, 3) == 0 ? p.seqlen_q : length();
    p.head_dim = number(0, 2) == 0 ? pick({16, 64, 128}) : number(1, 256);
    p.rows = length();
    p.row_length = length();
    p.dtype = pick({sim::DType::fp32, sim::DType::fp16, sim::DType::bf16});
    p.mask = pick({sim::Mask::none, sim::Mask::causal});
    p = sim::checked(p, algorithm_.softmax);
    choose_tiles(c);
    return c;
  }

 private:
  static std::uint32_t seed_of(const std::string& name) {  // FNV-1a
    std::uint32_t seed = 2166136261U;
    for (const char letter : name) {
      seed = (seed ^ static_cast<unsigned char>(letter)) * 16777619U;
    }
    return seed;
  }

  std::int32_t number(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(random_() % static_cast<std::uint32_t>(high - low + 1));
  }
  template <typename T>
  T pick(std::initializer_list<T> of) {
    return of.begin()[number(0, static_cast<std::int32_t>(of.size()) - 1)];
  }
  // Short as often as not.
  std::int32_t length() { return number(0, 2) == 0 ? number(1, 20) : number(1, longest_); }
  // Any tile from one row to more than there are.
  std::int32_t tile(std::int32_t length) {
    return number(0, 1) == 0 ? pick({16, 32, 64, 128}) : number(1, length + length / 8 + 1);
  }

  void choose_tiles(Case& c) {
    const sim::Problem& p = c.problem;
    const std::int32_t rows = algorithm_.softmax ? p.rows : p.group() * p.seqlen_q;
    const std::int32_t columns = algorithm_.softmax ? p.row_length : p.seqlen_kv;
    sim::Schedule given;
    do {
      given.block_q = tile(rows);
      given.block_kv = tile(columns);
    } while (std::int64_t{rows / given.block_q + 1} * (columns / given.block_kv + 1) > tiles_);
    given.stages = number(1, 4);
    given.warps = pick({1, 2, 4, 8});
    given.splits = number(1, 12);
    c.schedule = algorithm_.schedule(p, given, built_in(c.machine));
  }

  const sim::Algorithm& algorithm_;
  std::int32_t longest_;
  std::int64_t tiles_;
  std::mt19937 random_;
};

}  // namespace random_cases
