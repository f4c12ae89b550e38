// The reference on cases worked by hand, and the error bound between right programs and wrong ones.
#include "sim/analysis/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "sim/base/inputs.h"
#include "tests/catch.h"

namespace {

using Catch::Approx;
using sim::Distribution;
using sim::DType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
  Case(int nq, int nk, int d, DType dtype, Distribution distribution, sim::Mask mask = sim::Mask::none)
      : q(size(nq, d)), k(size(nk, d)), v(size(nk, d)), out(size(nq, d)), lse(size(nq, 1)), scale(1 / std::sqrt(d)) {
    problem.seqlen_q = nq;
    problem.seqlen_kv = nk;
    problem.head_dim = d;
    problem.dtype = dtype;
    problem.mask = mask;
    sim::fill_input(q.data(), {distribution, 11}, "Q", 1, nq, d, dtype);
    sim::fill_input(k.data(), {distribution, 11}, "K", 1, nk, d, dtype);
    sim::fill_input(v.data(), {distribution, 11}, "V", 1, nk, d, dtype);
    refer();
  }
  static std::size_t size(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }
  void refer() {
    range = sim::attention_reference(problem, q.data(), k.data(), v.data(), scale, out.data(), lse.data());
  }

  sim::Problem problem;
  std::vector<float> q, k, v;
  std::vector<double> out, lse;
  double scale;
  sim::ValueRange range;
};

// Tiled attention as a GPU computes it: fp32 sums, P rounded to dtype, O rounded at the end or once a tile. The wrong
// ones leave something out.
enum class Wrong { nothing, no_max, l_not_rescaled, o_not_rescaled, tile_local_max, last_tile_dropped };

struct Result {
  std::vector<float> out, lse;
};

constexpr int kTile = 32;

struct Row {
  float m = -INFINITY, l = 0;
  std::vector<float> o;
};

void step(const Case& c, int query, int first, int last, Wrong wrong, Row& row) {
  const int d = c.problem.head_dim;
  std::vector<float> p;
  float m = wrong == Wrong::tile_local_max ? -INFINITY : row.m;
  for (int j = first; j < last; ++j) {
    float s = 0;
    for (int x = 0; x < d; ++x) {
      s += c.q[Case::size(query, d) + Case::size(x, 1)] * c.k[Case::size(j, d) + Case::size(x, 1)];
    }
    p.push_back(s * static_cast<float>(c.scale));
    m = std::max(m, p.back());
  }
  m = wrong == Wrong::no_max ? 0 : m;
  const float alpha = wrong == Wrong::no_max ? 1 : std::exp(row.m - m);
  const bool whole = wrong == Wrong::tile_local_max;
  row.l *= whole || wrong == Wrong::l_not_rescaled ? 1 : alpha;
  for (float& o : row.o) {
    o *= whole || wrong == Wrong::o_not_rescaled ? 1 : alpha;
  }
  for (int j = first; j < last; ++j) {
    const float weight = std::exp(p[Case::size(j - first, 1)] - m);
    row.l += weight;
    for (int x = 0; x < d; ++x) {
      row.o[Case::size(x, 1)] += sim::round_to(c.problem.dtype, weight) * c.v[Case::size(j, d) + Case::size(x, 1)];
    }
  }
  row.m = m;
}

Result tiled(const Case& c, Wrong wrong, bool rounds_each_tile) {
  Result result;
  const int d = c.problem.head_dim, nk = c.problem.seqlen_kv, nq = c.problem.seqlen_q;
  for (int i = 0; i < nq; ++i) {
    Row row;
    row.o.assign(Case::size(d, 1), 0);
    const int visible = c.problem.mask == sim::Mask::causal ? std::clamp(i + nk - nq + 1, 0, nk) : nk;
    const int end = wrong == Wrong::last_tile_dropped ? (visible - 1) / kTile * kTile : visible;
    for (int first = 0; first < end; first += kTile) {
      step(c, i, first, std::min(first + kTile, end), wrong, row);
      const bool rounds = rounds_each_tile && first + kTile < end;
      for (float& o : row.o) {
        o = rounds ? sim::round_to(c.problem.dtype, o / row.l) * row.l : o;
      }
    }
    for (const float o : row.o) {
      result.out.push_back(row.l == 0 ? 0 : sim::round_to(c.problem.dtype, o / row.l));
    }
    result.lse.push_back(row.m + std::log(row.l));
  }
  return result;
}

double error_of(const Case& c, const Result& result) {
  return sim::max_abs_error(result.out.data(), c.out.data(), static_cast<std::int64_t>(c.out.size()));
}

sim::ErrorBound bound_of(const Case& c, bool rounds_each_tile = false) {
  sim::ErrorBound bound;
  bound.dtype = c.problem.dtype;
  bound.keys = c.problem.seqlen_kv;
  bound.head_dim = c.problem.head_dim;
  bound.range = c.range;
  bound.kv_blocks = (c.problem.seqlen_kv + kTile - 1) / kTile;
  bound.output_roundings = rounds_each_tile ? bound.kv_blocks : 1;
  return bound;
}

}  // namespace

TEST_CASE("two keys, worked by hand", "[reference]") {
  Case c(1, 2, 1, DType::fp32, Distribution::zeros);
  c.q = {2};
  c.k = {0, static_cast<float>(std::log(3.0) / 2)};
  c.v = {10, 20};
  c.refer();
  CHECK(c.out[0] == Approx(10 * 0.25 + 20 * 0.75).epsilon(1e-7));
  CHECK(c.lse[0] == Approx(std::log(4.0)).epsilon(1e-7));
  CHECK(c.range.value == 20);
  CHECK(c.range.score == Approx(std::log(3.0)).epsilon(1e-7));
  CHECK(c.range.score_terms >= c.range.score);
}

TEST_CASE("equal scores average V, and the scale and a common shift of the scores do what they must", "[reference]") {
  Case ones(3, 5, 4, DType::fp32, Distribution::ones);
  for (const double o : ones.out) {
    CHECK(o == Approx(1));
  }
  CHECK(ones.lse[0] == Approx(2 + std::log(5.0)));
  Case c(4, 9, 8, DType::fp32, Distribution::normal);
  const std::vector<double> before = c.out;
  c.scale = 0;
  c.refer();
  double mean = 0;
  for (std::size_t j = 0; j < 9; ++j) {
    mean += c.v[j * 8] / 9.0;
  }
  CHECK(c.out[0] == Approx(mean));
  CHECK(before[0] != Approx(mean));
}

TEST_CASE("the causal mask is aligned to the bottom right", "[reference]") {
  for (const auto& [nq, nk] : {std::pair{4, 4}, std::pair{3, 7}, std::pair{7, 3}}) {
    Case c(nq, nk, 4, DType::fp32, Distribution::ones, sim::Mask::causal);
    for (int i = 0; i < nq; ++i) {
      const int visible = std::max(i + nk - nq + 1, 0);
      const auto row = static_cast<std::size_t>(i);
      INFO("row " << i << " of " << nq << ", keys " << nk);
      CHECK(c.lse[row] == (visible == 0 ? Approx(-kInfinity) : Approx(2 + std::log(visible))));
      CHECK(c.out[row * 4] == Approx(visible == 0 ? 0 : 1));
    }
  }
}

TEST_CASE("logits far beyond the range of e^x are no trouble", "[reference]") {
  Case c(1, 2, 1, DType::fp32, Distribution::zeros);
  c.q = {100};
  c.k = {1000, 999};
  c.v = {1, 3};
  c.refer();
  CHECK(c.out[0] == Approx(1));
  CHECK(c.lse[0] == Approx(100000));
  c.k = {-1000, -1000};
  c.refer();
  CHECK(c.out[0] == Approx(2));
}

TEST_CASE("a NaN stays in its row or column and no other", "[reference]") {
  Case c(3, 40, 4, DType::fp32, Distribution::normal);
  c.q[4] = std::numeric_limits<float>::quiet_NaN();
  c.v[6] = std::numeric_limits<float>::quiet_NaN();
  c.refer();
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(std::isnan(c.out[i]) == (i / 4 == 1 || i % 4 == 2));
  }
}

TEST_CASE("picked rows equal the same rows of the whole", "[reference]") {
  const Case c(37, 50, 8, DType::fp16, Distribution::normal, sim::Mask::causal);
  std::vector<double> out(5 * 8), lse(5);
  sim::attention_reference(c.problem, c.q.data(), c.k.data(), c.v.data(), c.scale, out.data(), lse.data(), {20, 5});
  CHECK(std::equal(out.begin(), out.end(), c.out.begin() + 20 * 8));
  CHECK(std::equal(lse.begin(), lse.end(), c.lse.begin() + 20));
}

TEST_CASE("softmax rows sum to one and match the definition", "[reference]") {
  const float x[] = {0, std::log(3.0f), 1000, 1000};
  double y[4], sums[2];
  const sim::ValueRange range = sim::softmax_reference(x, 2, 2, y, sums);
  CHECK(y[0] == Approx(0.25));
  CHECK(y[1] == Approx(0.75));
  CHECK(y[2] == 0.5);
  CHECK(sums[1] == Approx(1000 + std::log(2.0)));
  CHECK(range.score == 1000);
  CHECK(range.value == 1);
}

TEST_CASE("max_abs_error minds NaN and infinity", "[reference]") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto error = [](float got, double want) { return sim::max_abs_error(&got, &want, 1); };
  CHECK(error(1.5f, 1) == 0.5);
  CHECK(error(-inf, -kInfinity) == 0);
  CHECK(error(nan, std::nan("")) == 0);
  CHECK(error(nan, 1) == kInfinity);
  CHECK(error(1, std::nan("")) == kInfinity);
  CHECK(error(inf, -kInfinity) == kInfinity);
  CHECK(error(inf, 1) == kInfinity);
}

TEST_CASE("right programs keep within the bound", "[reference]") {
  for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
    for (const Distribution distribution : {Distribution::normal, Distribution::uniform, Distribution::growing_max,
                                            Distribution::large, Distribution::ones, Distribution::integers}) {
      for (const sim::Mask mask : {sim::Mask::none, sim::Mask::causal}) {
        const Case c(70, 301, 32, dtype, distribution, mask);
        for (const bool rounds_each_tile : {false, true}) {
          const Result result = tiled(c, Wrong::nothing, rounds_each_tile);
          const sim::ErrorBound bound = bound_of(c, rounds_each_tile);
          INFO(sim::name_of(dtype) << " " << sim::name_of(distribution));
          CHECK(error_of(c, result) <= bound.output());
          CHECK(sim::max_abs_error(result.lse.data(), c.lse.data(), 70) <= bound.lse());
        }
      }
    }
  }
}

TEST_CASE("wrong programs exceed the bound by far on a growing maximum", "[reference]") {
  for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
    const Case c(64, 1024, 64, dtype, Distribution::growing_max);
    for (const Wrong wrong :
         {Wrong::l_not_rescaled, Wrong::o_not_rescaled, Wrong::tile_local_max, Wrong::last_tile_dropped}) {
      INFO(sim::name_of(dtype) << " mutant " << static_cast<int>(wrong));
      CHECK(error_of(c, tiled(c, wrong, false)) > 3 * bound_of(c).output());
      CHECK(error_of(c, tiled(c, wrong, true)) > 3 * bound_of(c, true).output());
    }
    const Case large(64, 256, 64, dtype, Distribution::large);
    CHECK(error_of(large, tiled(large, Wrong::no_max, false)) == kInfinity);
  }
}

TEST_CASE("the bound is of the size that the roundings suggest", "[reference]") {
  const Case fp16(64, 1024, 64, DType::fp16, Distribution::normal);
  const Case bf16(64, 1024, 64, DType::bf16, Distribution::normal);
  const Case fp32(64, 1024, 64, DType::fp32, Distribution::normal);
  CHECK(bound_of(fp32).output() / fp32.range.value < 1e-3);
  CHECK(bound_of(fp16).output() / fp16.range.value < 4 * sim::epsilon_of(DType::fp16));
  CHECK(bound_of(bf16).output() / bf16.range.value < 2 * sim::epsilon_of(DType::bf16));
  CHECK(bound_of(fp16, true).output() > bound_of(fp16).output());
  CHECK(bound_of(fp16).lse() < 1e-3);
}

TEST_CASE("the bound knows fp16's limits", "[reference]") {
  sim::ErrorBound bound;
  bound.range = {70000, 70000, 1, 1, 1};
  CHECK(bound.output() <= 3);
  bound.score_roundings = 1;
  CHECK(bound.output() == kInfinity);
  bound.dtype = DType::bf16;
  CHECK(bound.output() <= 3);
}
