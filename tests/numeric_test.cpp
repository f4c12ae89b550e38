// What every op computes, held against its definition written out; storage that is shared until written; what is an
// error.
#include "sim/executors/numeric.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/inputs.h"
#include "tests/catch.h"

namespace {

using namespace sim;  // NOLINT: the tile language reads best unqualified
using Floats = std::vector<float>;

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

// A plan of some inputs, one output and one block.
struct Single {
  Plan plan;
  std::vector<Floats> values;

  Tensor in(const Floats& v, Shape shape, DType dtype = DType::fp32) {
    values.push_back(v);
    return plan.add("in" + std::to_string(plan.tensors.size()), TensorRole::input, dtype, shape, 1, 1);
  }
  Tensor out(Shape shape, DType dtype = DType::fp32) {
    values.emplace_back();
    return plan.add("out", TensorRole::output, dtype, shape, 1, 1);
  }
  Floats run(const std::function<void(Block&)>& program) {
    Kernel kernel;
    kernel.name = "single";
    kernel.source_file = "tests/numeric_test.cpp";
    kernel.program = program;
    plan.kernels = {kernel};
    NumericRun run(plan);
    for (std::size_t t = 0; t < values.size(); ++t) {
      if (!values[t].empty()) {
        run.set_input(plan.tensors[t].name, 0, values[t]);
      }
    }
    run.run();
    return run.read("out", 0);
  }
};

Floats random(Shape shape, std::uint64_t seed, DType dtype = DType::fp32) {
  Floats values(static_cast<std::size_t>(shape.elements()));
  fill_input(values.data(), {Distribution::normal, seed}, "V", 1, shape.rows, shape.cols, dtype);
  return values;
}

Region all(const Tensor& tensor) { return {tensor, 0, 0, tensor.shape}; }
std::size_t at(Shape s, int r, int c) { return static_cast<std::size_t>(r) * static_cast<std::size_t>(s.cols) + c; }

// Equal to the bit, except that any NaN equals any other.
bool same(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
           return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y) ||
                  (std::isnan(x) && std::isnan(y));
         });
}

Floats naive_matmul(const MatmulShape& s, const Floats& a, const Floats& b, Floats out) {
  for (int i = 0; i < s.m; ++i) {
    for (int j = 0; j < s.n; ++j) {
      float& sum = out[at({s.m, s.n}, i, j)];
      for (int p = 0; p < s.k; ++p) {
        sum += a[at({s.m, s.k}, i, p)] * b[s.transpose_b ? at({s.n, s.k}, j, p) : at({s.k, s.n}, p, j)];
      }
    }
  }
  return out;
}

// f over a[shape] and b, where either may be one column.
using Binary = std::function<float(float, float)>;
Floats naive_pairs(Shape shape, const Floats& a, int a_cols, const Floats& b, int b_cols, const Binary& f) {
  Floats out;
  for (int r = 0; r < shape.rows; ++r) {
    for (int c = 0; c < shape.cols; ++c) {
      out.push_back(f(a[at({0, a_cols}, r, a_cols == 1 ? 0 : c)], b[at({0, b_cols}, r, b_cols == 1 ? 0 : c)]));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("numeric: a matrix product sums in fp32, in the order of k, whatever the shape") {
  for (const bool transpose : {false, true}) {
    for (const Shape mn : {Shape{1, 1}, Shape{4, 8}, Shape{5, 7}, Shape{3, 17}, Shape{13, 9}}) {
      for (const std::int32_t k : {1, 2, 7, 33}) {
        const MatmulShape s{mn.rows, mn.cols, k, transpose, false};
        const Shape of_b = transpose ? Shape{mn.cols, k} : Shape{k, mn.cols};
        const Floats a = random({mn.rows, k}, 1), b = random(of_b, 2), start = random(mn, 3);
        const auto product = [&](bool accumulate) {
          Single t;
          const Tensor A = t.in(a, {mn.rows, k}), B = t.in(b, of_b), C = t.in(start, mn), Y = t.out(mn);
          return t.run([&](Block& block) {
            Tile At = block.load(all(A)), Bt = block.load(all(B));
            Tile sum = accumulate ? block.load(all(C)) : transpose ? dot(At, T(Bt)) : dot(At, Bt);
            if (accumulate) {
              transpose ? mma(sum, At, T(Bt)) : mma(sum, At, Bt);
            }
            block.store(all(Y), sum);
          });
        };
        INFO(mn.rows << "x" << mn.cols << ", k " << k << (transpose ? ", b^T" : ""));
        CHECK(same(product(false), naive_matmul(s, a, b, Floats(start.size(), 0.0f))));
        CHECK(same(product(true), naive_matmul(s, a, b, start)));
      }
    }
  }
}

TEST_CASE("numeric: element by element, with a column on either side, in place or not") {
  struct Case {
    const char* name;
    std::function<Tile(const Operand&, const Operand&)> tile;
    Binary f;
  };
  const std::vector<Case> cases = {
      {"add", [](const Operand& a, const Operand& b) { return a + b; }, [](float x, float y) { return x + y; }},
      {"sub", [](const Operand& a, const Operand& b) { return a - b; }, [](float x, float y) { return x - y; }},
      {"mul", [](const Operand& a, const Operand& b) { return a * b; }, [](float x, float y) { return x * y; }},
      {"div", [](const Operand& a, const Operand& b) { return a / b; },
       [](float x, float y) { return y == 0 ? 0 : x / y; }},
      {"max", [](const Operand& a, const Operand& b) { return max(a, *b.tile); },
       [](float x, float y) { return std::isnan(x)   ? y
                                     : std::isnan(y) ? x
                                                     : std::max(x, y); }}};
  for (const Case& op : cases) {
    for (const Shape shape : {Shape{1, 1}, Shape{3, 5}, Shape{2, 19}, Shape{4, 8}}) {
      for (const auto& [a_cols, b_cols] : {std::pair{shape.cols, shape.cols}, {shape.cols, 1}, {1, shape.cols}}) {
        Floats a = random({shape.rows, a_cols}, 4), b = random({shape.rows, b_cols}, 5);
        b[0] = 0;
        if (shape.rows > 1) {
          a.back() = std::string(op.name) == "max" ? kNan : -kInf;
          b.back() = kInf;
        }
        const Floats want = naive_pairs(shape, a, a_cols, b, b_cols, op.f);
        for (const bool moved : {false, true}) {
          Single t;
          const Tensor A = t.in(a, {shape.rows, a_cols}), B = t.in(b, {shape.rows, b_cols}), Y = t.out(shape);
          const Floats got = t.run([&](Block& block) {
            Tile x = block.load(all(A), 0, Level::registers), y = block.load(all(B), 0, Level::registers);
            block.store(all(Y), moved ? op.tile(std::move(x), y) : op.tile(x, y));
          });
          INFO(op.name << " " << shape.rows << "x" << shape.cols << " " << a_cols << " " << b_cols << " " << moved);
          CHECK(same(got, want));
        }
      }
    }
  }
}

TEST_CASE("numeric: a tile that others still read is not written over") {
  Single t;
  const Floats a = random({2, 9}, 6);
  const Tensor A = t.in(a, {2, 9}), Y = t.out({2, 9});
  const Floats got = t.run([&](Block& block) {
    Tile x = block.load(all(A), 0, Level::registers);
    x = std::move(x) * x;  // one tile as both operands. NOLINT(bugprone-use-after-move): a move only says so
    block.store(all(Y), x);
  });
  CHECK(same(got, naive_pairs({2, 9}, a, 9, a, 9, [](float x, float y) { return x * y; })));
}

TEST_CASE("numeric: exponentials and logarithms") {
  double worst = 0;
  for (float x = -87.3f; x < 88.7f; x += 0.0037f) {
    const double want = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::fabs(exp_fp32(x) - want) / std::ldexp(1.0, std::ilogb(want) - 23));
  }
  CHECK(worst < 1.0);  // units in the last place
  CHECK(exp_fp32(0) == 1);
  CHECK(exp_fp32(-kInf) == 0);
  CHECK(exp_fp32(-104) == 0);
  CHECK(exp_fp32(-100) > 0);  // subnormal
  CHECK(exp_fp32(89) == kInf);
  CHECK(exp_fp32(kInf) == kInf);
  CHECK(std::isnan(exp_fp32(kNan)));
  CHECK(log_fp32(0) == -kInf);
  CHECK(log_fp32(1) == 0);

  const Floats a = {-1, 0, 2, -kInf, 100, kNan, 3, 1, 0.5f}, b = {1, -kInf, 3};
  Single t;
  const Tensor A = t.in(a, {3, 3}), B = t.in(b, {3, 1}), Y = t.out({9, 3});
  const Floats got = t.run([&](Block& block) {
    Tile x = block.load(all(A)), y = block.load(all(B));
    block.store(rows(Y, 0, 3), exp(x));
    block.store(rows(Y, 1, 3), log(x));
    block.store(rows(Y, 2, 3), exp_diff(x, y, 0.5f));
  });
  Floats want;
  std::transform(a.begin(), a.end(), std::back_inserter(want), exp_fp32);
  std::transform(a.begin(), a.end(), std::back_inserter(want), log_fp32);
  const Floats third =
      naive_pairs({3, 3}, a, 3, b, 1, [](float x, float y) { return exp_fp32(0.5f * (x - (y == -kInf ? 0 : y))); });
  want.insert(want.end(), third.begin(), third.end());
  CHECK(same(got, want));
}

TEST_CASE("numeric: along rows, left to right") {
  for (const Shape shape : {Shape{1, 1}, Shape{9, 13}, Shape{3, 40}, Shape{17, 2}}) {
    Floats a = random(shape, 7);
    a[0] = 1e8f;  // so that another order of additions shows
    if (shape.rows == 9) {
      a[at(shape, 4, 2)] = kNan;
      std::fill_n(a.begin() + 13 * 5, 13, -kInf);
    }
    Single t;
    const Tensor A = t.in(a, shape), Y = t.out({2 * shape.rows, 1});
    const Floats got = t.run([&](Block& block) {
      Tile x = block.load(all(A));
      block.store(rows(Y, 0, shape.rows), rowmax(x));
      block.store(rows(Y, 1, shape.rows), rowsum(x));
    });
    Floats largest, sums;
    for (int r = 0; r < shape.rows; ++r) {
      float m = -kInf, sum = 0;
      for (int c = 0; c < shape.cols; ++c) {
        m = a[at(shape, r, c)] > m ? a[at(shape, r, c)] : m;
        sum += a[at(shape, r, c)];
      }
      largest.push_back(m);
      sums.push_back(sum);
    }
    largest.insert(largest.end(), sums.begin(), sums.end());
    CHECK(same(got, largest));
  }
}

TEST_CASE("numeric: rounding to the dtype of a tile, of a tensor, and in an atomic addition") {
  const Shape shape{5, 7};
  const Floats a = random(shape, 8), start = random(shape, 9);
  for (const DType dtype : {DType::fp16, DType::bf16, DType::fp32}) {
    Single t;
    const Tensor A = t.in(a, shape), S = t.in(start, shape, dtype), Y = t.out({15, 7});
    const Tensor H = t.plan.add("H", TensorRole::scratch, dtype, shape, 1, 1);
    const Floats got = t.run([&](Block& block) {
      Tile x = block.load(all(A));
      block.store(rows(Y, 0, 5), convert(dtype, x));
      block.store(all(H), 3.0f * x);
      block.store(rows(Y, 1, 5), block.load(all(H)));
      block.store(all(H), block.load(all(S)));
      block.reduce_add(all(H), x);
      block.store(rows(Y, 2, 5), block.load(all(H)));
    });
    Floats want;
    for (const float x : a) {
      want.push_back(round_to(dtype, x));
    }
    for (const float x : a) {
      want.push_back(round_to(dtype, 3.0f * x));
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      want.push_back(round_to(dtype, round_to(dtype, start[i]) + round_to(dtype, a[i])));
    }
    CHECK(same(got, want));
  }
}

TEST_CASE("numeric: the causal mask, ragged, with several heads packed into the rows") {
  for (const auto& [queries, keys] : {std::pair{3, 5}, {5, 3}, {4, 4}, {1, 6}}) {
    for (const std::int32_t first_row : {0, 2, 4}) {
      for (const std::int32_t first_key : {0, 2}) {
        const Shape shape{7, 4};
        const Floats a = random(shape, 10);
        Single t;
        const Tensor A = t.in(a, shape), Y = t.out(shape);
        const Causal causal{queries, keys};
        const Floats got = t.run(
            [&](Block& block) { block.store(all(Y), causal_mask(block.load(all(A)), causal, first_row, first_key)); });
        Floats want = a;
        for (int r = 0; r < shape.rows; ++r) {
          for (int c = 0; c < shape.cols; ++c) {
            const int query = (first_row + r) % queries, key = first_key + c;
            want[at(shape, r, c)] = key <= query + keys - queries ? want[at(shape, r, c)] : -kInf;
          }
        }
        CHECK(same(got, want));
      }
    }
  }
}

TEST_CASE("numeric: loads of parts, gathers, and slots filled in place") {
  const Shape shape{300, 40};  // more than one chunk of storage
  const Floats a = random(shape, 11);
  Single t;
  const Tensor A = t.in(a, shape), Y = t.out({3, 40});
  const Floats rows_got = t.run([&](Block& block) { block.store(all(Y), block.gather(A, {299, 0, 150}, 1)); });
  Floats want;
  for (const int r : {299, 0, 150}) {
    want.insert(want.end(), a.begin() + r * 40, a.begin() + (r + 1) * 40);
  }
  CHECK(same(rows_got, want));

  Single u;
  const Tensor B = u.in(a, shape), Z = u.out({204, 33});
  const Floats part_got = u.run([&](Block& block) { block.store(all(Z), block.load({B, 96, 7, {204, 33}})); });
  want.clear();
  for (int r = 96; r < 300; ++r) {
    want.insert(want.end(), a.begin() + r * 40 + 7, a.begin() + (r + 1) * 40);
  }
  CHECK(same(part_got, want));

  Single v;
  const Tensor C = v.in(a, shape), W = v.out({8, 40});
  const Floats slot_got = v.run([&](Block& block) {
    Barrier full = block.barrier();
    Tile slot = block.slot(rows(C, 0, 8));
    block.role("loader", 1, [&](Block& b) { b.load_into(slot, rows(C, 0, 8), full); });
    block.role("again", 1, [&](Block& b) {
      b.wait(full);
      b.load_into(slot, {C, 297, 0, {3, 40}}, full);  // a ragged tail: the rows below stay
      b.wait(full);
    });
    block.store(all(W), slot);
  });
  want.assign(a.begin() + 297 * 40, a.end());
  want.insert(want.end(), a.begin() + 3 * 40, a.begin() + 8 * 40);
  CHECK(same(slot_got, want));
}

TEST_CASE("numeric: reading what was never written is an error that names tensor and line") {
  const auto with_scratch = [](const std::function<void(Block&, Tensor)>& program) {
    Single t;
    const Tensor Y = t.out({4, 4});
    const Tensor H = t.plan.add("H", TensorRole::scratch, DType::fp16, {4, 4}, 1, 1);
    t.run([&](Block& block) {
      block.store({H, 0, 0, {4, 3}}, block.fill(1, {4, 3}));
      program(block, H);
      block.store(all(Y), block.fill(0, {4, 4}));
    });
  };
  CHECK_NOTHROW(with_scratch([](Block& block, Tensor H) { block.load({H, 1, 0, {3, 3}}); }));
  CHECK_THROWS_WITH(with_scratch([](Block& block, Tensor H) { block.load(all(H), 0, Level::smem, 77); }),
                    Catch::Matchers::ContainsSubstring("numeric_test.cpp:77: load of H") &&
                        Catch::Matchers::ContainsSubstring("never written"));
  CHECK_THROWS_AS(with_scratch([](Block& block, Tensor H) { block.reduce_add(all(H), block.fill(1, {4, 4})); }), Error);
  Single nothing;
  nothing.out({2, 2});
  CHECK_THROWS_WITH(nothing.run([](Block&) {}), Catch::Matchers::ContainsSubstring("never written"));
}

TEST_CASE("numeric: the use of a dead tile is an error") {
  Single t;
  const Tensor Y = t.out({2, 2});
  CHECK_THROWS_WITH(t.run([&](Block& block) {
    Tile x = block.fill(1, {2, 2});
    x.release();
    block.store(all(Y), x, 99);
  }),
                    Catch::Matchers::ContainsSubstring("numeric_test.cpp:99: store uses a tile that is dead"));
}

TEST_CASE("values: copies share until one is written, and the hash follows the values") {
  Plan plan;
  const Tensor A = plan.add("A", TensorRole::input, DType::fp32, {100, 100}, 2, 2);
  NumericRun run(plan);
  const Floats a = random(A.shape, 12);
  run.set_input("A", 1, a);
  Values copy = run.values();
  CHECK(copy.hash() == run.state_hash());
  const float changed = 5;
  copy.hbm.write(A.id, 1, 99, 99, {1, 1}, &changed);
  CHECK(copy.hash() != run.state_hash());
  CHECK(same(run.read("A", 1), a));
  copy.hbm.write(A.id, 1, 99, 99, {1, 1}, &a.back());
  CHECK(copy.hash() == run.state_hash());
  float one = 0;
  CHECK_FALSE(copy.hbm.read(A.id, 0, 0, 0, {1, 1}, &one));

  Matrix m({2, 2});
  std::fill_n(m.write(), 4, 1.0f);
  const float* before = m.data();
  m.write()[0] = 2;
  CHECK(m.data() == before);  // alone: in place
  const Matrix kept = m;
  m.write()[0] = 3;
  CHECK(kept.at(0, 0) == 2);
  CHECK(m.at(0, 0) == 3);
}
