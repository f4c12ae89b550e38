// Every algorithm with values against the double-precision reference; and wrong programs, which must not pass.
#include "sim/analysis/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sim/algorithms/common.h"
#include "sim/base/error.h"
#include "tests/catch.h"

namespace {

using namespace sim;  // NOLINT: the tile language reads best unqualified

constexpr float kInf = std::numeric_limits<float>::infinity();

const Machine& machine() {
  static const Machine kMachine = load_machine("a100-40gb", ATTOSCOPE_SOURCE_ASSETS);
  return kMachine;
}

struct Sizes {
  std::int32_t batch, heads, kv_heads, queries, keys, head_dim, block_q, block_kv, splits;
};

Experiment attention(const std::string& algorithm, const Sizes& s, DType dtype = DType::fp16, Mask mask = Mask::none) {
  Experiment e;
  e.machine = machine();
  e.algorithm = algorithm;
  e.problem.batch = s.batch;
  e.problem.heads = s.heads;
  e.problem.kv_heads = s.kv_heads;
  e.problem.seqlen_q = s.queries;
  e.problem.seqlen_kv = s.keys;
  e.problem.head_dim = s.head_dim;
  e.problem.dtype = dtype;
  e.problem.mask = mask;
  e.schedule.block_q = s.block_q;
  e.schedule.block_kv = s.block_kv;
  e.schedule.splits = s.splits;
  return e;
}

Inputs inputs(Distribution distribution, std::uint64_t seed = 1) {
  Inputs in;
  in.spec = {distribution, seed};
  return in;
}

constexpr Distribution kAll[] = {Distribution::normal, Distribution::uniform,  Distribution::growing_max,
                                 Distribution::large,  Distribution::integers, Distribution::ones,
                                 Distribution::zeros};

// Ragged blocks, more queries than keys (rows that see no key) and fewer, groups of heads, one query, one key.
const Sizes kSizes[] = {{1, 1, 1, 33, 33, 16, 16, 16, 2}, {2, 4, 2, 17, 40, 8, 5, 7, 3},
                        {1, 4, 1, 40, 17, 24, 16, 8, 2},  {1, 2, 2, 1, 70, 32, 1, 32, 5},
                        {1, 1, 1, 30, 1, 8, 7, 1, 1},     {1, 2, 1, 64, 64, 64, 64, 64, 1},
                        {1, 1, 1, 5, 90, 12, 128, 128, 4}};

}  // namespace

TEST_CASE("check: every attention algorithm agrees with the reference", "[property]") {
  for (const Algorithm& algorithm : algorithms()) {
    if (algorithm.softmax) {
      continue;
    }
    for (const Sizes& s : kSizes) {
      for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
        for (const Mask mask : {Mask::none, Mask::causal}) {
          for (const Distribution distribution : kAll) {
            const CheckReport report = check(attention(algorithm.name, s, dtype, mask), inputs(distribution));
            INFO(algorithm.name << " " << name_of(dtype) << " " << name_of(mask) << " " << name_of(distribution) << ", "
                                << s.queries << " x " << s.keys << " x " << s.head_dim << ": error "
                                << report.max_abs_error << " of " << report.tolerance << ", LSE "
                                << report.max_abs_error_lse);
            REQUIRE(report.passed);
            REQUIRE(report.slices_checked == s.batch * s.heads);
          }
        }
      }
    }
  }
}

TEST_CASE("check: softmax agrees with the reference, except that the naive one overflows", "[property]") {
  for (const char* algorithm : {"softmax_naive", "softmax_safe", "softmax_online"}) {
    for (const auto& [rows, length, block_q, block_kv] :
         {std::array{7, 100, 4, 32}, {1, 1, 1, 1}, {9, 333, 2, 1024}, {4, 64, 4, 64}}) {
      for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
        for (const Distribution distribution : kAll) {
          Experiment e = attention(algorithm, kSizes[0], dtype);
          e.problem.rows = rows;
          e.problem.row_length = length;
          e.schedule.block_q = block_q;
          e.schedule.block_kv = block_kv;
          const CheckReport report = check(e, inputs(distribution));
          INFO(algorithm << " " << name_of(dtype) << " " << name_of(distribution) << " " << rows << " x " << length);
          const bool overflows =
              distribution == Distribution::large && std::string(algorithm) == "softmax_naive" && length > 1;
          CHECK(report.passed == !overflows);
        }
      }
    }
  }
}

TEST_CASE("check: rows that see no key give O = 0 and LSE = -inf") {
  for (const char* algorithm : {"standard", "memory_efficient", "flash1", "flash2", "flash_decoding"}) {
    const Experiment e = attention(algorithm, {1, 2, 1, 20, 12, 8, 4, 4, 2}, DType::fp16, Mask::causal);
    Outputs out;
    const CheckReport report = check(e, inputs(Distribution::normal), &out);
    INFO(algorithm);
    CHECK(report.passed);
    REQUIRE(out.shape == std::vector<std::int64_t>{1, 2, 20, 8});
    for (int head = 0; head < 2; ++head) {
      const float* o = out.values.data() + head * 20 * 8;
      CHECK(std::all_of(o, o + 8 * 8, [](float x) { return x == 0; }));  // queries 0 to 7
      CHECK(std::none_of(o + 8 * 8, o + 20 * 8, [](float x) { return x == 0; }));
    }
  }
}

TEST_CASE("check: the user's arrays, results, samples, and what is refused") {
  const Sizes s{2, 4, 2, 12, 10, 8, 8, 8, 2};
  std::vector<float> q(2 * 4 * 12 * 8), k(2 * 2 * 10 * 8), v(2 * 2 * 10 * 8);
  fill_input(q.data(), {Distribution::normal, 5}, "Q", 8, 12, 8, DType::fp32);
  fill_input(k.data(), {Distribution::normal, 5}, "K", 4, 10, 8, DType::fp32);
  fill_input(v.data(), {Distribution::normal, 5}, "V", 4, 10, 8, DType::fp32);
  Inputs own;
  own.q = q;
  own.k = k;
  own.v = v;
  std::vector<std::vector<float>> results;
  for (const char* algorithm : {"standard", "flash2", "flash_decoding"}) {
    Outputs from_arrays, from_seed;
    CHECK(check(attention(algorithm, s), own, &from_arrays).passed);
    CHECK(check(attention(algorithm, s), inputs(Distribution::normal, 5), &from_seed).passed);
    CHECK(from_arrays.values == from_seed.values);
    results.push_back(from_arrays.values);
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    CHECK(std::fabs(results[0][i] - results[1][i]) < 5e-3);
    CHECK(std::fabs(results[0][i] - results[2][i]) < 5e-3);
  }

  CheckOptions few;
  few.flops = 4.0 * 12 * 10 * 8 * 3;  // three of eight heads
  CHECK(check(attention("flash2", s), own, nullptr, few).slices_checked == 3);
  few.reference_flops = 1;
  CHECK(check(attention("flash2", s), own, nullptr, few).passed);

  q.back() = std::numeric_limits<float>::quiet_NaN();
  const CheckReport with_nan = check(attention("flash2", s), own);
  CHECK_FALSE(with_nan.passed);
  CHECK(with_nan.max_abs_error == kInf);

  own.k = std::span<const float>(k).first(k.size() - 1);
  CHECK_THROWS_WITH(check(attention("flash2", s), own), Catch::Matchers::ContainsSubstring("K: has 319 elements"));
  CHECK_THROWS_WITH(check(attention("standard", {1, 1, 1, 1 << 16, 1 << 16, 8, 128, 128, 1}), inputs(kAll[0])),
                    Catch::Matchers::ContainsSubstring("S 16.0 GiB"));
}

TEST_CASE("check: too many values are refused before anything runs, with the sum and a hint") {
  Plan plan;
  plan.add("S", TensorRole::scratch, DType::fp16, {1 << 16, 1 << 16}, 8, 8);
  plan.add("K", TensorRole::input, DType::fp16, {1 << 10, 1}, 2, 8);
  CHECK(value_bytes(plan) == (std::int64_t{8} << 34) + 2 * 4096);
  CHECK(value_bytes(plan, 1) == (std::int64_t{1} << 34) + 4096);
  CHECK(value_bytes(plan, 5) == (std::int64_t{5} << 34) + 2 * 4096);
  CHECK_THROWS_WITH(NumericRun(plan), Catch::Matchers::ContainsSubstring("S 128.0 GiB + K 8.0 KiB = 128.0 GiB") &&
                                          Catch::Matchers::ContainsSubstring("limit of 4.0 GiB") &&
                                          Catch::Matchers::ContainsSubstring("hint: fewer heads"));
}

// ---- Wrong programs ----

namespace {

enum class Wrong {
  nothing,
  no_max,  // exponents without a maximum subtracted
  l_not_rescaled,
  o_not_rescaled,
  tile_local_max,  // each tile's own maximum, the sums never brought together
  last_tile_dropped,
  wrong_scale,  // 1 / d instead of 1 / sqrt d
  mask_off_by_one,
  not_divided,
};

struct Mutant {
  Tensor Q, K, V, O, L;
  std::int32_t Br, Bc;
  Wrong wrong;
};

void mutant(Block& block, const Mutant& a) {
  const std::int32_t i = block.index(), count = rows(a.Q, i, a.Br).shape.rows, d = a.Q.shape.cols;
  const float scale = a.wrong == Wrong::wrong_scale ? 1.0f / d : 1 / std::sqrt(static_cast<float>(d));
  const std::int32_t shift = a.wrong == Wrong::mask_off_by_one ? 1 : 0;
  const std::int32_t steps = ceil_div(a.K.shape.rows, a.Bc) - (a.wrong == Wrong::last_tile_dropped ? 1 : 0);
  Tile Qi = block.load(rows(a.Q, i, a.Br));
  Tile Oi = block.fill(0, {count, d}), li = block.fill(0, {count, 1});
  Tile mi = block.fill(a.wrong == Wrong::no_max ? 0 : -kInf, {count, 1});
  for (std::int32_t j = 0; j < steps; ++j) {
    Tile Kj = block.load(rows(a.K, j, a.Bc)), Vj = block.load(rows(a.V, j, a.Bc));
    const Causal causal{a.Q.shape.rows, a.K.shape.rows};
    Tile Sij = causal_mask(dot(Qi, T(Kj)), causal, i * a.Br + shift, j * a.Bc);
    Tile mij = a.wrong == Wrong::no_max           ? block.fill(0, {count, 1})
               : a.wrong == Wrong::tile_local_max ? rowmax(Sij)
                                                  : max(rowmax(Sij), mi);
    Tile Pij = exp_diff(std::move(Sij), mij, scale);
    Tile alpha = exp_diff(std::move(mi), mij, scale);
    const bool rescale = a.wrong != Wrong::tile_local_max;
    li = (rescale && a.wrong != Wrong::l_not_rescaled ? alpha * std::move(li) : std::move(li)) + rowsum(Pij);
    if (rescale && a.wrong != Wrong::o_not_rescaled) {
      Oi = alpha * std::move(Oi);
    }
    mma(Oi, convert(a.Q.dtype, std::move(Pij)), Vj);
    mi = std::move(mij);
  }
  if (a.wrong != Wrong::not_divided) {
    Oi = std::move(Oi) / li;
  }
  block.store(rows(a.O, i, a.Br), Oi);
  block.store(rows(a.L, i, a.Br), scale * std::move(mi) + log(std::move(li)));
}

Plan mutant_plan(const Problem& problem, const Schedule& s, Wrong wrong) {
  Plan plan;
  const AttentionTensors t = add_attention_tensors(plan, problem);
  const Tensor L = plan.add("LSE", TensorRole::output, DType::fp32, {problem.seqlen_q, 1}, 1, 1);
  const Mutant a{t.Q, t.K, t.V, t.O, L, s.block_q, s.block_kv, wrong};
  Kernel kernel;
  kernel.name = "mutant";
  kernel.blocks = ceil_div(problem.seqlen_q, s.block_q);
  kernel.program = [a](Block& block) { mutant(block, a); };
  plan.kernels.push_back(kernel);
  return plan;
}

// Does the wrong program pass?
bool passes(Wrong wrong, const Inputs& in, DType dtype) {
  const Experiment e = attention("flash2", {1, 1, 1, 60, 60, 16, 16, 8, 1}, dtype, Mask::causal);
  const Problem problem = checked(e.problem, false);
  const Plan plan = mutant_plan(problem, e.schedule, wrong);
  NumericRun run(plan);
  set_inputs(run, plan, problem, in, 0);
  run.run();
  const std::vector<float> o = run.read("O", 0), lse = run.read("LSE", 0);
  std::vector<double> want(o.size()), want_lse(lse.size());
  std::vector<float> q(60 * 16), k(60 * 16), v(60 * 16);
  for (auto [name, to] : {std::pair{"Q", &q}, {"K", &k}, {"V", &v}}) {
    fill_input(to->data(), in.spec, name, 1, 60, 16, dtype);
  }
  ErrorBound bound = error_bound(find_algorithm("flash2"), problem, e.schedule);
  bound.range =
      attention_reference(problem, q.data(), k.data(), v.data(), softmax_scale(problem), want.data(), want_lse.data());
  return max_abs_error(o.data(), want.data(), static_cast<std::int64_t>(o.size())) <= bound.output() &&
         max_abs_error(lse.data(), want_lse.data(), static_cast<std::int64_t>(lse.size())) <= bound.lse();
}

}  // namespace

TEST_CASE("check: wrong programs fail, and the right one passes") {
  for (const DType dtype : {DType::fp32, DType::fp16, DType::bf16}) {
    for (const Distribution distribution : {Distribution::normal, Distribution::growing_max, Distribution::large}) {
      INFO(name_of(dtype) << " " << name_of(distribution));
      CHECK(passes(Wrong::nothing, inputs(distribution), dtype));
    }
    for (const Wrong wrong :
         {Wrong::l_not_rescaled, Wrong::o_not_rescaled, Wrong::tile_local_max, Wrong::last_tile_dropped,
          Wrong::wrong_scale, Wrong::mask_off_by_one, Wrong::not_divided}) {
      INFO(name_of(dtype) << " mutant " << static_cast<int>(wrong));
      CHECK_FALSE(passes(wrong, inputs(Distribution::growing_max), dtype));
    }
    CHECK_FALSE(passes(Wrong::no_max, inputs(Distribution::large), dtype));
  }
}
