#include "tests/programs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/algorithms/common.h"
#include "sim/analysis/reference.h"
#include "sim/base/inputs.h"

namespace tests {

using namespace sim;  // NOLINT: the tile language reads best unqualified

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
using Floats = std::vector<float>;

Kernel kernel(const char* name, std::int32_t blocks, std::int32_t slices, std::function<void(Block&)> program) {
  Kernel k;
  k.name = name;
  k.source_file = "tests/programs.cpp";
  k.blocks = blocks;
  k.slices = slices;
  k.program = std::move(program);
  return k;
}

Floats random(const Tensor& tensor, const char* name, std::int64_t slice, Distribution distribution) {
  Floats values(static_cast<std::size_t>(tensor.shape.elements()));
  fill_input(values.data(), {distribution, 3}, name, 1, tensor.shape.rows, tensor.shape.cols, tensor.dtype, slice);
  return values;
}

Region whole(const Tensor& tensor) { return {tensor, 0, 0, tensor.shape}; }

double largest_difference(const Floats& got, const std::vector<double>& want) {
  return max_abs_error(got.data(), want.data(), static_cast<std::int64_t>(got.size()));
}

// Attention of one head, Q from the run's tensor "Q", against the reference.
struct Attended {
  Problem problem;
  Floats q, k, v;
};
double attention_error(const NumericRun& run, const Attended& a, std::int64_t slice) {
  const Floats o = run.read("O", slice);
  std::vector<double> want(o.size());
  attention_reference(a.problem, a.q.data(), a.k.data(), a.v.data(), softmax_scale(a.problem), want.data(), nullptr);
  return largest_difference(o, want);
}

Problem attention(std::int32_t queries, std::int32_t keys, std::int32_t head_dim, DType dtype, Mask mask) {
  Problem p;
  p.seqlen_q = queries;
  p.seqlen_kv = keys;
  p.head_dim = head_dim;
  p.dtype = dtype;
  p.mask = mask;
  return checked(p, false);
}

double attention_tolerance(DType dtype) { return dtype == DType::fp32 ? 2e-5 : 16 * epsilon_of(dtype); }

}  // namespace

// ---- Atomic reduction ----

Proof atomic_reduction(DType dtype) {
  constexpr std::int32_t kRows = 20, kInner = 24, kCols = 12, kHeads = 2, kGroup = 2;
  constexpr std::int32_t Br = 8, Bk = 10;
  constexpr std::int32_t Tr = (kRows + Br - 1) / Br, Tk = (kInner + Bk - 1) / Bk;
  Proof proof;
  proof.name = "atomic reduction";
  Plan& plan = proof.plan;
  const std::int32_t slices = kHeads * kGroup;
  const Tensor A = plan.add("A", TensorRole::input, dtype, {kRows, kInner}, slices, slices);
  const Tensor B = plan.add("B", TensorRole::input, dtype, {kInner, kCols}, slices, slices);
  const Tensor C = plan.add("C", TensorRole::output, DType::fp32, {kRows, kCols}, kHeads, slices);
  plan.kernels.push_back(kernel("zero", Tr, slices, [=](Block& block) {
    const Region Ci = rows(C, block.index(), Br);
    block.store(Ci, block.fill(0, Ci.shape));
  }));
  plan.kernels.push_back(kernel("parts", Tr * Tk, slices, [=](Block& block) {
    const std::int32_t i = block.index() / Tk, k = block.index() % Tk;
    Tile Aik = block.load(tile_of(A, i, Br, k, Bk));
    Tile Bk_ = block.load(rows(B, k, Bk));
    block.reduce_add(rows(C, i, Br), dot(Aik, Bk_));
  }));

  proof.set_inputs = [=](NumericRun& run) {
    for (std::int64_t z = 0; z < slices; ++z) {
      run.set_input("A", z, random(A, "A", z, Distribution::normal));
      run.set_input("B", z, random(B, "B", z, Distribution::normal));
    }
  };
  proof.max_abs_error = [=](const NumericRun& run) {
    double error = 0;
    for (std::int64_t head = 0; head < kHeads; ++head) {
      std::vector<double> want(kRows * kCols, 0.0);
      for (std::int64_t z = head * kGroup; z < (head + 1) * kGroup; ++z) {
        const Floats a = random(A, "A", z, Distribution::normal), b = random(B, "B", z, Distribution::normal);
        for (std::size_t i = 0; i < want.size(); ++i) {
          for (std::size_t k = 0; k < kInner; ++k) {
            want[i] += double{a[i / kCols * kInner + k]} * b[k * kCols + i % kCols];
          }
        }
      }
      error = std::max(error, largest_difference(run.read("C", head), want));
    }
    return error;
  };
  proof.tolerance = 2e-5;  // fp32 sums of 48 products of normal values
  const std::int64_t size = size_of(dtype), of_C = std::int64_t{4} * kRows * kCols;
  proof.traffic = {{"A", {slices * size * kRows * kInner, 0, 0}},
                   {"B", {slices * size * kInner * kCols * Tr, 0, 0}},
                   {"C", {0, slices * of_C, slices * of_C * Tk}}};
  proof.matmul_flops = std::int64_t{2} * slices * kRows * kInner * kCols;
  proof.smem_peak_bytes = size * (Br * Bk + Bk * kCols);
  return proof;
}

// ---- Pages ----

namespace {

// The steps over K and V that attention programs here share.
struct Running {
  Tile O, l, m;
  Running(Block& block, Shape shape)
      : O(block.fill(0, shape)), l(block.fill(0, {shape.rows, 1})), m(block.fill(-kInf, {shape.rows, 1})) {}

  void add(Tile S, const Tile& V, DType dtype, float scale) {
    Tile m_new = max(rowmax(S), m);
    Tile P = exp_diff(std::move(S), m_new, scale);
    Tile alpha = exp_diff(std::move(m), m_new, scale);
    l = alpha * std::move(l) + rowsum(P);
    O = alpha * std::move(O);
    mma(O, convert(dtype, std::move(P)), V);
    m = std::move(m_new);
  }
  Tile result() { return std::move(O) / l; }
};

}  // namespace

Proof paged_attention(DType dtype) {
  constexpr std::int32_t kQueries = 20, kKeys = 75, kDim = 16, kPage = 16, kPoolPages = 9, Br = 8;
  const std::vector<std::int32_t> table = {7, 0, 4, 8, 2};  // page of keys [16 i, 16 i + 16); the last is part empty
  const auto pages = static_cast<std::int32_t>(table.size());
  const Problem problem = attention(kQueries, kKeys, kDim, dtype, Mask::causal);
  Proof proof;
  proof.name = "paged attention";
  Plan& plan = proof.plan;
  const Tensor Q = plan.add("Q", TensorRole::input, dtype, {kQueries, kDim}, 1, 1);
  const Tensor K = plan.add("K", TensorRole::input, dtype, {kPoolPages * kPage, kDim}, 1, 1);
  const Tensor V = plan.add("V", TensorRole::input, dtype, {kPoolPages * kPage, kDim}, 1, 1);
  const Tensor pages_of = plan.add("table", TensorRole::input, DType::int32, {1, pages}, 1, 1);
  const Tensor O = plan.add("O", TensorRole::output, dtype, {kQueries, kDim}, 1, 1);
  const std::int32_t Tr = ceil_div(kQueries, Br);
  plan.kernels.push_back(kernel("paged", Tr, 1, [=](Block& block) {
    const Region Qi_hbm = rows(Q, block.index(), Br);
    Tile looked_up = block.load(whole(pages_of));
    Tile Qi = block.load(Qi_hbm);
    Running sums(block, Qi_hbm.shape);
    for (std::int32_t j = 0; j < pages; j += 2) {
      std::vector<std::int32_t> first_rows;
      for (std::int32_t p = j; p < std::min(j + 2, pages); ++p) {
        first_rows.push_back(table[static_cast<std::size_t>(p)] * kPage);
      }
      Tile Kj = block.gather(K, first_rows, kPage), Vj = block.gather(V, first_rows, kPage);
      Tile Sij = causal_mask(dot(Qi, T(Kj)), Causal{kQueries, kKeys}, block.index() * Br, j * kPage);
      sums.add(std::move(Sij), Vj, dtype, softmax_scale(problem));
    }
    block.store(rows(O, block.index(), Br), sums.result());
  }));

  Attended a{problem, random(Q, "Q", 0, Distribution::normal), Floats(kKeys * kDim), Floats(kKeys * kDim)};
  const Floats k_pool = random(K, "K", 0, Distribution::normal), v_pool = random(V, "V", 0, Distribution::normal);
  for (std::int32_t key = 0; key < kKeys; ++key) {
    const std::int32_t row = table[static_cast<std::size_t>(key / kPage)] * kPage + key % kPage;
    std::copy_n(k_pool.begin() + row * kDim, kDim, a.k.begin() + key * kDim);
    std::copy_n(v_pool.begin() + row * kDim, kDim, a.v.begin() + key * kDim);
  }
  proof.set_inputs = [=](NumericRun& run) {
    run.set_input("Q", 0, a.q);
    run.set_input("K", 0, k_pool);
    run.set_input("V", 0, v_pool);
    run.set_input("table", 0, Floats(table.begin(), table.end()));
  };
  proof.max_abs_error = [a](const NumericRun& run) { return attention_error(run, a, 0); };
  proof.tolerance = attention_tolerance(dtype);
  const std::int64_t size = size_of(dtype), of_pages = size * Tr * pages * kPage * kDim;
  proof.traffic = {{"Q", {size * kQueries * kDim, 0, 0}},
                   {"K", {of_pages, 0, 0}},
                   {"V", {of_pages, 0, 0}},
                   {"table", {std::int64_t{4} * Tr * pages, 0, 0}},
                   {"O", {0, size * kQueries * kDim, 0}}};
  proof.matmul_flops = std::int64_t{4} * kQueries * pages * kPage * kDim;
  proof.smem_peak_bytes = 4 * pages + size * kDim * (Br + 2 * 2 * kPage);
  return proof;
}

// ---- Producer and consumers ----

namespace {

constexpr std::int32_t kStages = 2, kConsumers = 2;

struct Pair {
  Tensor Q, K, V, O;
  std::int32_t Br, Bc;
  DType dtype;
  float scale;
  Mistake mistake;
};

struct Ring {
  std::vector<Tile> K, V;
  std::vector<Barrier> full, empty;
};

void produce(Block& block, const Pair& a, Ring& ring, std::int32_t steps) {
  for (std::int32_t j = 0; j < steps; ++j) {
    const auto s = static_cast<std::size_t>(j % kStages);
    block.wait(ring.empty[s]);
    block.load_into(ring.K[s], rows(a.K, j, a.Bc), ring.full[s]);
    block.load_into(ring.V[s], rows(a.V, j, a.Bc), ring.full[s]);
  }
}

void consume(Block& block, const Pair& a, Ring& ring, std::int32_t steps, std::int32_t row_block, const Tile& Qi,
             Barrier my_turn, Barrier others_turn) {
  Running sums(block, Qi.shape());
  for (std::int32_t j = 0; j < steps; ++j) {
    const auto s = static_cast<std::size_t>(j % kStages);
    block.wait(ring.full[s]);
    block.wait(my_turn);
    Tile Sij = dot(Qi, T(ring.K[s]));
    block.arrive(others_turn);
    // The mask also hides what a ragged last tile leaves in the buffer below it.
    Sij = causal_mask(std::move(Sij), Causal{a.Q.shape.rows, a.K.shape.rows}, row_block * a.Br, j * a.Bc);
    sums.add(std::move(Sij), ring.V[s], a.dtype, a.scale);
    if (a.mistake != Mistake::consumer_keeps_buffers) {
      block.arrive(ring.empty[s]);
    }
  }
  block.store(rows(a.O, row_block, a.Br), sums.result());
}

void warp_specialised(Block& block, const Pair& a) {
  const std::int32_t steps = ceil_div(a.K.shape.rows, a.Bc);
  const std::int32_t first = block.index() * kConsumers;
  const std::int32_t consumers = std::min(kConsumers, ceil_div(a.Q.shape.rows, a.Br) - first);
  Ring ring;
  for (std::int32_t s = 0; s < kStages; ++s) {
    ring.K.push_back(block.slot(rows(a.K, 0, a.Bc)));
    ring.V.push_back(block.slot(rows(a.V, 0, a.Bc)));
    ring.full.push_back(block.barrier(2));  // K and V
    ring.empty.push_back(block.barrier(consumers, 1));
  }
  std::vector<Tile> Q;
  std::vector<Barrier> turn;
  for (std::int32_t c = 0; c < consumers; ++c) {
    Q.push_back(block.load(rows(a.Q, first + c, a.Br)));
    turn.push_back(block.barrier(1, c == 0 ? 1 : 0));
  }
  block.role("producer", 1, [&](Block& b) { produce(b, a, ring, steps); });
  for (std::int32_t c = 0; c < consumers; ++c) {
    block.role("consumer " + std::to_string(c), 4, [&](Block& b) {
      consume(b, a, ring, steps, first + c, Q[static_cast<std::size_t>(c)], turn[static_cast<std::size_t>(c)],
              turn[static_cast<std::size_t>((c + 1) % consumers)]);
    });
  }
}

}  // namespace

Proof producer_consumer(DType dtype, Mistake mistake) {
  constexpr std::int32_t kQueries = 42, kKeys = 71, kDim = 16, Br = 16, Bc = 8;
  const Problem problem = attention(kQueries, kKeys, kDim, dtype, Mask::causal);
  Proof proof;
  proof.name = "producer and consumers";
  const AttentionTensors t = add_attention_tensors(proof.plan, problem);
  const Pair a{t.Q, t.K, t.V, t.O, Br, Bc, dtype, softmax_scale(problem), mistake};
  const std::int32_t blocks = ceil_div(ceil_div(kQueries, Br), kConsumers);
  proof.plan.kernels.push_back(kernel("roles", blocks, 1, [a](Block& block) { warp_specialised(block, a); }));
  proof.plan.kernels.back().warps = 9;
  proof.plan.kernels.back().matmul = MatmulUnit::wgmma;

  const Attended in{problem, random(t.Q, "Q", 0, Distribution::growing_max),
                    random(t.K, "K", 0, Distribution::growing_max), random(t.V, "V", 0, Distribution::growing_max)};
  proof.set_inputs = [in](NumericRun& run) {
    run.set_input("Q", 0, in.q);
    run.set_input("K", 0, in.k);
    run.set_input("V", 0, in.v);
  };
  proof.max_abs_error = [in](const NumericRun& run) { return attention_error(run, in, 0); };
  proof.tolerance = attention_tolerance(dtype);
  const std::int64_t size = size_of(dtype), of_q = size * kQueries * kDim, of_kv = size * blocks * kKeys * kDim;
  proof.traffic = {{"Q", {of_q, 0, 0}}, {"K", {of_kv, 0, 0}}, {"V", {of_kv, 0, 0}}, {"O", {0, of_q, 0}}};
  proof.matmul_flops = std::int64_t{4} * kQueries * ceil_div(kKeys, Bc) * Bc * kDim;  // whole tiles of keys
  proof.smem_peak_bytes = size * kDim * (kConsumers * Br + kStages * 2 * Bc);
  return proof;
}

// ---- Branches on data ----

Proof lazy_rescale(DType dtype, float threshold) {
  constexpr std::int32_t kQueries = 20, kKeys = 70, kDim = 16, Br = 8, Bc = 8, kSlices = 2;
  Problem problem = attention(kQueries, kKeys, kDim, dtype, Mask::none);
  problem.heads = problem.kv_heads = kSlices;
  const float scale = softmax_scale(problem);
  Proof proof;
  proof.name = "lazy rescaling";
  const AttentionTensors t = add_attention_tensors(proof.plan, problem);
  proof.plan.kernels.push_back(kernel("lazy", ceil_div(kQueries, Br), kSlices, [=](Block& block) {
    const Region Qi_hbm = rows(t.Q, block.index(), Br);
    Tile Qi = block.load(Qi_hbm);
    Running sums(block, Qi_hbm.shape);
    for (std::int32_t j = 0; j < ceil_div(kKeys, Bc); ++j) {
      Tile Kj = block.load(rows(t.K, j, Bc), 2), Vj = block.load(rows(t.V, j, Bc), 2);
      Tile Sij = dot(Qi, T(Kj));
      Tile m_new = max(rowmax(Sij), sums.m);
      Tile growth = scale * (m_new - sums.m);
      if (block.any_greater(growth, threshold, j == 0)) {
        sums.add(std::move(Sij), Vj, dtype, scale);
      } else {
        Tile Pij = exp_diff(std::move(Sij), sums.m, scale);
        sums.l = std::move(sums.l) + rowsum(Pij);
        mma(sums.O, convert(dtype, std::move(Pij)), Vj);
      }
    }
    block.store(rows(t.O, block.index(), Br), sums.result());
  }));
  proof.plan.kernels.back().data_dependent = true;

  std::vector<Attended> in;
  for (std::int64_t z = 0; z < kSlices; ++z) {
    const Distribution distribution = z == 0 ? Distribution::growing_max : Distribution::ones;
    in.push_back({problem, random(t.Q, "Q", z, distribution), random(t.K, "K", z, distribution),
                  random(t.V, "V", z, Distribution::normal)});
  }
  proof.set_inputs = [in](NumericRun& run) {
    for (std::size_t z = 0; z < in.size(); ++z) {
      run.set_input("Q", static_cast<std::int64_t>(z), in[z].q);
      run.set_input("K", static_cast<std::int64_t>(z), in[z].k);
      run.set_input("V", static_cast<std::int64_t>(z), in[z].v);
    }
  };
  proof.max_abs_error = [in](const NumericRun& run) {
    return std::max(attention_error(run, in[0], 0), attention_error(run, in[1], 1));
  };
  proof.tolerance = attention_tolerance(dtype);
  return proof;
}

std::vector<Proof> proof_programs() {
  std::vector<Proof> proofs;
  proofs.push_back(atomic_reduction(DType::fp16));
  proofs.push_back(paged_attention(DType::fp16));
  proofs.push_back(producer_consumer(DType::fp16));
  proofs.push_back(lazy_rescale(DType::fp16, 1.0f));
  return proofs;
}

}  // namespace tests
