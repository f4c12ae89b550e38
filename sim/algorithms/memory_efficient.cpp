// Memory-efficient attention ("lazy softmax"). Rabe and Staats 2021, "Self-attention Does Not Need O(n^2) Memory"
// (arXiv 2112.05682), its Figure 1 as XLA runs it: chunk by chunk, with what a chunk needs written to HBM between
// its kernels. Memory is O(N), traffic still O(N^2).
//
// For each query chunk (cq rows) and key chunk (ck rows):
//   scores   S = Q K^T                              cq x ck, written
//   softmax  m = rowmax S, P = e^(S - m), l = rowsum P   S read twice, P, m, l written
//   values   O_j = P V                              partial result of this chunk, written in fp32
// then, once a query chunk, they are combined: O = sum_j e^(m_j - m) O_j / sum_j e^(m_j - m) l_j.
#include <algorithm>
#include <limits>

#include "sim/algorithms/common.h"
#include "sim/algorithms/list.h"
#include "sim/executors/footprint.h"

namespace sim {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr std::int32_t kTile = 128;  // of the matrix products inside a chunk, rows and columns, where that fits

struct Chunked {
  Tensor Q, K, V, O, S, P, partial, m, l;
  std::int32_t cq, ck;  // chunk sizes; S and P hold one chunk
  std::int32_t tile;    // of the matrix products
  bool causal;
  float scale;

  std::int32_t key_chunks() const { return ceil_div(K.shape.rows, ck); }
};

// One pair of chunks: queries [first_query, + queries), keys [first_key, + keys), result number `slot`.
struct Chunk {
  std::int32_t first_query, queries, first_key, keys, slot;
};

// Tile (i, j) of tensor rows [first, first + count).
Region part(const Tensor& tensor, std::int32_t first, std::int32_t count, std::int32_t i, std::int32_t height) {
  return {tensor, first + i * height, 0, {std::min(height, count - i * height), tensor.shape.cols}};
}

Region part_of_chunk(const Tensor& tensor, const Chunk& c, std::int32_t i, std::int32_t height, std::int32_t j,
                     std::int32_t width) {
  return {
      tensor, i * height, j * width, {std::min(height, c.queries - i * height), std::min(width, c.keys - j * width)}};
}

void scores(Block& block, const Chunked& a, const Chunk& c) {
  const std::int32_t columns = ceil_div(c.keys, a.tile);
  const std::int32_t i = block.index() / columns, j = block.index() % columns;
  Tile Qi = block.load(part(a.Q, c.first_query, c.queries, i, a.tile));
  Tile Kj = block.load(part(a.K, c.first_key, c.keys, j, a.tile));
  Tile Sij = a.scale * dot(Qi, T(Kj));
  if (a.causal) {
    Sij = causal_mask(std::move(Sij), Causal{a.Q.shape.rows, a.K.shape.rows}, c.first_query + i * a.tile,
                      c.first_key + j * a.tile);
  }
  block.store(part_of_chunk(a.S, c, i, a.tile, j, a.tile), Sij);
}

void chunk_softmax(Block& block, const Chunked& a, const Chunk& c) {
  const std::int32_t i = block.index(), tiles = ceil_div(c.keys, a.tile);
  const Region stats = part(a.m, c.slot * a.cq, c.queries, i, a.tile);
  Tile m = block.fill(-kInf, stats.shape);
  for (const std::int32_t j : block.steps(0, tiles, 0, c.keys / a.tile)) {
    Tile Sij = block.load(part_of_chunk(a.S, c, i, a.tile, j, a.tile), 0, Level::registers);
    m = max(std::move(m), rowmax(Sij));
  }
  Tile l = block.fill(0, stats.shape);
  for (const std::int32_t j : block.steps(0, tiles, 0, c.keys / a.tile)) {
    Tile Sij = block.load(part_of_chunk(a.S, c, i, a.tile, j, a.tile), 0, Level::registers);
    Tile Pij = exp_diff(std::move(Sij), m);
    l = std::move(l) + rowsum(Pij);
    block.store(part_of_chunk(a.P, c, i, a.tile, j, a.tile), Pij);
  }
  block.store(stats, m);
  block.store(part(a.l, c.slot * a.cq, c.queries, i, a.tile), l);
}

void chunk_values(Block& block, const Chunked& a, const Chunk& c) {
  const std::int32_t i = block.index();
  const Region out = part(a.partial, c.slot * a.cq, c.queries, i, a.tile);
  Tile Oi = block.fill(0, out.shape);
  for (const std::int32_t j : block.steps(0, ceil_div(c.keys, a.tile), 0, c.keys / a.tile)) {
    Tile Pij = block.load(part_of_chunk(a.P, c, i, a.tile, j, a.tile));
    Tile Vj = block.load(part(a.V, c.first_key, c.keys, j, a.tile));
    mma(Oi, Pij, Vj);
  }
  block.store(out, Oi);
}

// The chunks' results are merged one by one, each read once, as two blocks of an online softmax are.
void combine(Block& block, const Chunked& a, std::int32_t first_query, std::int32_t queries) {
  const std::int32_t i = block.index();
  const Region out = part(a.O, first_query, queries, i, a.tile);
  const Shape column{out.shape.rows, 1};
  Tile m = block.fill(-kInf, column), l = block.fill(0, column), O = block.fill(0, out.shape);
  for (const std::int32_t j : block.steps(0, a.key_chunks(), 0, a.key_chunks())) {
    Tile mj = block.load(part(a.m, j * a.cq, queries, i, a.tile), 0, Level::registers);
    Tile lj = block.load(part(a.l, j * a.cq, queries, i, a.tile), 0, Level::registers);
    Tile Oj = block.load(part(a.partial, j * a.cq, queries, i, a.tile), 0, Level::registers);
    Tile m_new = max(m, mj);
    Tile old_weight = exp_diff(std::move(m), m_new), weight = exp_diff(std::move(mj), m_new);
    l = std::move(l) * old_weight + std::move(lj) * weight;
    O = std::move(O) * old_weight + std::move(Oj) * weight;
    m = std::move(m_new);
  }
  block.store(out, std::move(O) / l);
}

Kernel kernel(std::string name, std::int32_t blocks, const Problem& problem, const Schedule& s,
              std::function<void(Block&)> program) {
  Kernel k;
  k.name = std::move(name);
  k.source_file = "sim/algorithms/memory_efficient.cpp";
  k.blocks = blocks;
  k.slices = problem.slices();
  k.warps = s.warps;
  k.matmul = matmul_unit(problem);
  k.program = std::move(program);
  return k;
}

// Of kernels that work on rows: 8 elements a lane.
int lanes_of_a_row(std::int32_t columns) { return std::clamp(columns / 8, 1, 32); }

// The three kernels of one pair of chunks.
void add_chunk(Plan& plan, const Chunked& a, const Chunk& c, const Problem& problem, const Schedule& s) {
  const std::int32_t high = ceil_div(c.queries, a.tile), wide = ceil_div(c.keys, a.tile);
  const Region chunk_of_P{a.P, 0, 0, {c.queries, c.keys}};
  plan.kernels.push_back(kernel("scores", high * wide, problem, s, [a, c](Block& b) { scores(b, a, c); }));
  plan.kernels.back().same_work_as = all_but_ragged({c.queries, c.keys}, {a.tile, a.tile});
  plan.kernels.back().paper_reads = {part(a.Q, c.first_query, c.queries, 0, c.queries),
                                     part(a.K, c.first_key, c.keys, 0, c.keys)};
  plan.kernels.push_back(kernel("softmax", high, problem, s, [a, c](Block& b) { chunk_softmax(b, a, c); }));
  plan.kernels.back().same_work_as = all_but_ragged(c.queries, a.tile);
  plan.kernels.back().lanes_of_a_row = lanes_of_a_row(a.tile);
  plan.kernels.push_back(kernel("values", high, problem, s, [a, c](Block& b) { chunk_values(b, a, c); }));
  plan.kernels.back().same_work_as = all_but_ragged(c.queries, a.tile);
  plan.kernels.back().paper_reads = {chunk_of_P, part(a.V, c.first_key, c.keys, 0, c.keys)};
}

Plan plan(const Problem& problem, const Schedule& s, const Machine&) {
  Plan plan;
  plan.algorithm = "memory_efficient";
  const std::int32_t Nq = problem.seqlen_q, Nk = problem.seqlen_kv, cq = s.block_q, ck = s.block_kv;
  const std::int32_t Tk = ceil_div(Nk, ck), slices = problem.slices();
  const auto [Q, K, V, O] = add_attention_tensors(plan, problem);
  const auto scratch = [&](const char* name, DType dtype, Shape shape) {
    return plan.add(name, TensorRole::scratch, dtype, shape, slices, slices);
  };
  const Tensor S = scratch("S", problem.dtype, {cq, ck}), P = scratch("P", problem.dtype, {cq, ck});
  const Tensor partial = scratch("O_chunks", DType::fp32, {Tk * cq, problem.head_dim});
  const Tensor m = scratch("m_chunks", DType::fp32, {Tk * cq, 1}), l = scratch("l_chunks", DType::fp32, {Tk * cq, 1});
  const Chunked a{Q,
                  K,
                  V,
                  O,
                  S,
                  P,
                  partial,
                  m,
                  l,
                  cq,
                  ck,
                  std::min({s.tile > 0 ? s.tile : kTile, cq, ck}),
                  problem.mask == Mask::causal,
                  softmax_scale(problem)};

  for (std::int32_t q = 0; q < Nq; q += cq) {
    const std::int32_t queries = std::min(cq, Nq - q);
    for (std::int32_t j = 0; j < Tk; ++j) {
      add_chunk(plan, a, {q, queries, j * ck, std::min(ck, Nk - j * ck), j}, problem, s);
    }
    plan.kernels.push_back(kernel("combine", ceil_div(queries, a.tile), problem, s,
                                  [a, q, queries](Block& b) { combine(b, a, q, queries); }));
    plan.kernels.back().same_work_as = all_but_ragged(queries, a.tile);
    plan.kernels.back().lanes_of_a_row = lanes_of_a_row(problem.head_dim);
  }
  return plan;
}

// The largest tile that fits the machine; one pair of chunks of one head shows it.
std::int32_t tile_that_fits(const Problem& problem, Schedule s, const Machine& machine) {
  Problem one = problem;
  one.batch = one.heads = one.kv_heads = 1;
  one.seqlen_q = std::min(problem.seqlen_q, s.block_q);
  one.seqlen_kv = std::min(problem.seqlen_kv, s.block_kv);
  for (s.tile = kTile; s.tile > 1 && !plan_fits(plan(one, s, machine), machine);) {
    s.tile /= 2;
  }
  return s.tile;
}

// The paper's code uses chunks of 1024 queries and 4096 keys; shorter sequences are cut into four, so that memory
// stays below N^2 there too.
Schedule schedule(const Problem& problem, const Schedule& given, const Machine& machine) {
  Schedule s = given;
  s.block_q = choose(given.block_q, std::min(1024, ceil_div(problem.seqlen_q, 4)), problem.seqlen_q);
  s.block_kv = choose(given.block_kv, std::min(4096, ceil_div(problem.seqlen_kv, 4)), problem.seqlen_kv);
  s.stages = 1;
  s.warps = given.warps > 0 ? given.warps : 4;
  s.tile = given.tile > 0 ? given.tile : tile_that_fits(problem, s, machine);
  return s;
}

}  // namespace

const Algorithm kMemoryEfficient = {"memory_efficient",
                                    "Memory-efficient attention",
                                    "Rabe and Staats 2021, Figure 1, materialised per chunk",
                                    false,
                                    schedule,
                                    plan};

}  // namespace sim
