// Memory-efficient attention ("lazy softmax"). Rabe and Staats 2021, "Self-attention Does Not Need O(n^2) Memory"
// (arXiv 2112.05682), its Figure 1 chunk by chunk, with what a chunk needs written to HBM between its kernels. Read it
// beside sim/algorithms/memory_efficient.cpp, whose tile programs these are; the margin says which of their lines.
// For each query chunk (cq rows) and key chunk (ck rows):
//   scores   S = Q K^T                              cq x ck, written
//   softmax  m = rowmax S, P = e^(S - m), l = rowsum P   S read twice, P, m, l written
//   values   O_j = P V                              partial result of this chunk, written in fp32
// then, once a query chunk, they are combined: O = sum_j e^(m_j - m) O_j / sum_j e^(m_j - m) l_j.
// Four warps a block, a quarter of the rows each. What softmax and combine read twice comes from L2 twice: past the L1.
#include "kernels/memory_efficient.cuh"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace kernels::memory_efficient {
namespace {

// clang-format off
template <class T, int kDim, int kTile>
__global__ void __launch_bounds__(kChunkThreads, kTile == 128 ? 3 : 6) scores(const Chunked a, const Chunk c) {
  constexpr int kRows = kTile / kChunkWarps;
  extern __shared__ __align__(128) unsigned char smem[];
  using TileQK = SharedTile<T, kTile, kDim>;
  const TileQK Qi{shared_address(smem)}, Kj{Qi.address + TileQK::kBytes};
  const SharedTile<T, kTile, kTile> staged{Qi.address};  // takes the place of Q_i and K_j
  {
    const TileOfScores<kTile> at(c);
    const T* const Q = static_cast<const T*>(a.Q) + slice_of_q() * a.Nq * kDim;
    const T* const K = static_cast<const T*>(a.K) + slice_of_kv(a) * a.Nk * kDim;
    load_tile_async<kChunkThreads>(Qi, Q + at.query(c) * std::int64_t{kDim}, kDim, at.rows(c));  // load Qi
    load_tile_async<kChunkThreads>(Kj, K + at.key(c) * std::int64_t{kDim}, kDim, at.columns(c));  // load Kj
  }
  copies_commit();
  copies_wait<0>();
  __syncthreads();

  Accumulator<kRows, kTile> Sij;
  Sij.fill(0);
  add_product_abt<T>(Sij, pieces_down_first(Qi, warp() * kRows, lane()),                        // dot(Qi, T(Kj))
                     pieces_right_first(Kj, 0, lane()));
  __syncthreads();  // all have read Q_i and K_j
  const TileOfScores<kTile> at(c);
  each_element(Sij, [&](float x, int, int) { return a.scale * x; });                            // a.scale *
  if (a.causal) {                                                                               // causal_mask
    const int diagonal = at.query(c) + warp() * kRows + a.Nk - a.Nq - at.key(c);
    each_element(Sij, [&](float x, int row, int column) { return column <= row + diagonal ? x : kMinusInfinity; });
  }
  stage<T>(staged, Sij, warp() * kRows);
  __syncwarp();
  T* const S = static_cast<T*>(a.S) + (slice_of_q() * a.cq + at.i * kTile) * a.pitch + at.j * kTile;
  kernels::store_rows<kRows>(staged, S, a.pitch, warp() * kRows, at.rows(c), lane(),            // store Sij
                             (at.columns(c) + 7) / 8);
}

// kWhole: the chunk's keys fill its tiles.
template <class T, int kTile, bool kWhole>
__global__ void __launch_bounds__(kChunkThreads) softmax(const Chunked a, const Chunk c) {
  using Rows = RowsOfWarp<kTile, kTile / 8>;  // 8 elements of a row a lane
  const int i = static_cast<int>(blockIdx.x), tiles = (c.keys + kTile - 1) / kTile;
  const int rows = c.queries - i * kTile - Rows::first();  // the lane's and those below
  const std::int64_t at = (slice_of_q() * a.cq + i * kTile + Rows::first()) * a.pitch + Rows::place() * 8;
  const T* const S = static_cast<const T*>(a.S) + at;
  T* const P = static_cast<T*>(a.P) + at;

  float m[Rows::kSteps], l[Rows::kSteps];
  uint4 Sij[Rows::kSteps];
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    m[step] = kMinusInfinity;                                                                   // fill(-kInf)
    l[step] = 0;                                                                                // fill(0)
  }
  for (int j = 0; j < tiles; ++j) {
    const int inside = c.keys - j * kTile - Rows::place() * 8;  // of the lane's columns and those to the right
    load_rows<Rows>(Sij, S + j * kTile, a.pitch, inside > 0 ? rows : 0);                        // load Sij
#pragma unroll
    for (int step = 0; step < Rows::kSteps; ++step) {
      each_pair<T, kWhole>(Sij[step], inside, [&](int, float x, float y) {
        m[step] = fmaxf(m[step], fmaxf(x, y));                                                  // m = max(m, rowmax)
      });
    }
  }
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    m[step] = Rows::reduce(m[step], [](float x, float y) { return fmaxf(x, y); });
  }
  for (int j = 0; j < tiles; ++j) {
    const int inside = c.keys - j * kTile - Rows::place() * 8;
    load_rows<Rows>(Sij, S + j * kTile, a.pitch, inside > 0 ? rows : 0);                        // load Sij
#pragma unroll
    for (int step = 0; step < Rows::kSteps; ++step) {
      unsigned Pij[4];
      each_pair<T, kWhole>(Sij[step], inside, [&](int pair, float x, float y) {
        const float left = exp_diff(x, m[step]), right = exp_diff(y, m[step]);                  // exp_diff
        l[step] += left + right;                                                                // l = l + rowsum
        Pij[pair] = pack<T>(left, right);
      });
      Sij[step] = uint4{Pij[0], Pij[1], Pij[2], Pij[3]};
    }
    store_rows<Rows>(P + j * kTile, Sij, a.pitch, inside > 0 ? rows : 0);                       // store P
  }
  const std::int64_t first = slot_row(a, c.slot) + i * kTile + Rows::first();
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    const float sum = Rows::reduce(l[step], [](float x, float y) { return x + y; });
    if (Rows::place() == 0 && step * Rows::kAtOnce < rows) {
      a.m[first + step * Rows::kAtOnce] = m[step];                                              // store m
      a.l[first + step * Rows::kAtOnce] = sum;                                                  // store l
    }
  }
}

template <class T, int kDim, int kTile>
__global__ void __launch_bounds__(kChunkThreads) values(const Chunked a, const Chunk c) {
  constexpr int kRows = kTile / kChunkWarps;
  extern __shared__ __align__(128) unsigned char smem[];
  using TileP = SharedTile<T, kTile, kTile>;
  using TileV = SharedTile<T, kTile, kDim>;
  const TileP Pij{shared_address(smem)};
  const TileV Vj{Pij.address + TileP::kBytes};
  const int own = warp() * kRows;
  const int i = static_cast<int>(blockIdx.x), rows = min(kTile, c.queries - i * kTile);
  const T* const P = static_cast<const T*>(a.P) + (slice_of_q() * a.cq + i * kTile) * a.pitch;
  const T* const V = static_cast<const T*>(a.V) + (slice_of_kv(a) * a.Nk + c.first_key) * kDim;

  Accumulator<kRows, kDim> Oi;
  Oi.fill(0);                                                                                   // fill(0)
  for (int j = 0; j * kTile < c.keys; ++j) {
    const int columns = min(kTile, c.keys - j * kTile);
    __syncthreads();  // all have done with the tiles before
    load_square_async(Pij, P + j * kTile, a.pitch, rows, columns);                              // load Pij
    load_tile_async<kChunkThreads>(Vj, V + static_cast<std::int64_t>(j) * kTile * kDim, kDim, columns);  // load Vj
    copies_commit();
    copies_wait<0>();
    __syncthreads();
    add_product_of_rows<T>(Oi, pieces_down_first(Pij, own, lane()), pieces_down_first(Vj, 0, lane()));  // mma(Oi, Pij, Vj)
  }
  float* const out = a.partial + (slot_row(a, c.slot) + i * kTile) * kDim;
#pragma unroll
  for (int t = 0; t < Oi.kTall; ++t) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int row = own + t * 16 + accumulator_row(lane(), 2 * r);
      if (row < rows) {                                                                         // store: each quad
#pragma unroll
        for (int n = 0; n < Oi.kWide; ++n) {                                                    // a sector of 32 bytes
          *reinterpret_cast<float2*>(out + row * kDim + n * 8 + accumulator_column(lane(), 0)) =
              float2{Oi.at[t][n][2 * r], Oi.at[t][n][2 * r + 1]};
        }
      }
    }
  }
}

// The chunks' results are merged one by one, each read once, as two blocks of an online softmax are.
template <class T, int kDim, int kTile>
__global__ void __launch_bounds__(kChunkThreads) combine(const Chunked a, int first_query, int queries) {
  using Rows = RowsOfWarp<kTile, kDim / 4>;  // 4 elements of a row a lane
  const int i = static_cast<int>(blockIdx.x);
  const int rows = queries - i * kTile - Rows::first();  // the lane's and those below
  float m[Rows::kSteps], l[Rows::kSteps];
  float4 O[Rows::kSteps];
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    m[step] = kMinusInfinity;                                                                   // fill(-kInf)
    l[step] = 0;                                                                                // fill(0)
    O[step] = float4{0, 0, 0, 0};
  }
  for (int j = 0; j < a.key_chunks; ++j) {
    const std::int64_t first = slot_row(a, j) + i * kTile + Rows::first();
    const float4* const partial = reinterpret_cast<const float4*>(a.partial + first * kDim) + Rows::place();
    float mj[Rows::kSteps], lj[Rows::kSteps];
    float4 Oj[Rows::kSteps];
#pragma unroll
    for (int step = 0; step < Rows::kSteps; ++step) {
      const int row = step * Rows::kAtOnce;
      const bool inside = row < rows;
      mj[step] = inside ? __ldcg(a.m + first + row) : kMinusInfinity;                           // load mj
      lj[step] = inside ? __ldcg(a.l + first + row) : 0.0f;                                     // load lj
      Oj[step] = inside ? __ldcg(partial + row * (kDim / 4)) : float4{0, 0, 0, 0};              // load Oj
    }
#pragma unroll
    for (int step = 0; step < Rows::kSteps; ++step) {
      const float m_new = fmaxf(m[step], mj[step]);                                             // m_new = max
      const float old_weight = exp_diff(m[step], m_new), weight = exp_diff(mj[step], m_new);    // exp_diff
      l[step] = l[step] * old_weight + lj[step] * weight;                                       // l =
      O[step].x = O[step].x * old_weight + Oj[step].x * weight;                                 // O =
      O[step].y = O[step].y * old_weight + Oj[step].y * weight;
      O[step].z = O[step].z * old_weight + Oj[step].z * weight;
      O[step].w = O[step].w * old_weight + Oj[step].w * weight;
      m[step] = m_new;                                                                          // m =
    }
  }
  T* const out =
      static_cast<T*>(a.O) + (slice_of_q() * a.Nq + first_query + i * kTile + Rows::first()) * kDim + Rows::place() * 4;
#pragma unroll
  for (int step = 0; step < Rows::kSteps; ++step) {
    const int row = step * Rows::kAtOnce;
    const float inverse = l[step] == 0 ? 0.0f : __fdividef(1.0f, l[step]);  // a row that sees no key is 0
    if (row < rows) {                                                                           // store O / l
      *reinterpret_cast<uint2*>(out + row * kDim) =
          uint2{pack<T>(O[step].x * inverse, O[step].y * inverse), pack<T>(O[step].z * inverse, O[step].w * inverse)};
    }
  }
}
// clang-format on

std::vector<Step> steps(const Problem& problem, const Schedule& s) {
  std::vector<Step> all;
  const int Nq = problem.seqlen_q, Nk = problem.seqlen_kv, cq = s.block_q, ck = s.block_kv;
  for (int q = 0; q < Nq; q += cq) {
    const int queries = std::min(cq, Nq - q), high = ceil_div(queries, s.tile);
    for (int j = 0; j < ceil_div(Nk, ck); ++j) {
      const Chunk chunk{q, queries, j * ck, std::min(ck, Nk - j * ck), j};
      all.push_back({Kind::scores, high * ceil_div(chunk.keys, s.tile), chunk});
      all.push_back({Kind::softmax, high, chunk});
      all.push_back({Kind::values, high, chunk});
    }
    all.push_back({Kind::combine, high, {q, queries, 0, 0, 0}});
  }
  return all;
}

std::vector<Launch> launches(const Problem& problem, const Schedule& schedule) {
  std::vector<Launch> all;
  for (const Step& step : steps(problem, schedule)) {
    all.push_back({kNames[static_cast<int>(step.kind)], std::int64_t{step.blocks} * problem.slices()});
  }
  return all;
}

template <class Kernel>
void allow_smem(Kernel kernel, int bytes) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
        "asking for the SMEM of memory_efficient");
}

template <class T, int kDim, int kTile>
void run_steps(const Chunked& a, const std::vector<Step>& steps, int slices, cudaStream_t stream) {
  constexpr int kSmemOfScores = std::max(2 * kTile * kDim, kTile * kTile) * 2;
  constexpr int kSmemOfValues = (kTile * kTile + kTile * kDim) * 2;
  allow_smem(scores<T, kDim, kTile>, kSmemOfScores);
  allow_smem(values<T, kDim, kTile>, kSmemOfValues);
  const auto softmax_of = [](const Chunk& c) {
    return c.keys % kTile == 0 ? softmax<T, kTile, true> : softmax<T, kTile, false>;
  };
  for (const Step& step : steps) {
    const dim3 grid(step.blocks, slices);
    const Chunk& c = step.chunk;
    switch (step.kind) {
      case Kind::scores: scores<T, kDim, kTile><<<grid, kChunkThreads, kSmemOfScores, stream>>>(a, c); break;
      case Kind::softmax: softmax_of(c)<<<grid, kChunkThreads, 0, stream>>>(a, c); break;
      case Kind::values: values<T, kDim, kTile><<<grid, kChunkThreads, kSmemOfValues, stream>>>(a, c); break;
      case Kind::combine:
        combine<T, kDim, kTile><<<grid, kChunkThreads, 0, stream>>>(a, c.first_query, c.queries);
        break;
    }
    check_launch(kNames[static_cast<int>(step.kind)]);
  }
}

// A compiled tile.
struct Instance {
  int head_dim, tile;
  void (*fp16)(const Chunked&, const std::vector<Step>&, int, cudaStream_t);
  void (*bf16)(const Chunked&, const std::vector<Step>&, int, cudaStream_t);
};

template <int kDim, int kTile>
constexpr Instance compiled() {
  return {kDim, kTile, run_steps<__half, kDim, kTile>, run_steps<__nv_bfloat16, kDim, kTile>};
}

// At d = 128 two tiles of 128 x 128 fp32, as `combine` holds, don't fit the registers of four warps.
constexpr Instance kInstances[] = {compiled<64, 128>(), compiled<64, 64>(), compiled<128, 64>()};

const Instance* find(const Problem& problem, int tile) {
  for (const Instance& instance : kInstances) {
    if (instance.head_dim == problem.head_dim && instance.tile == tile) {
      return &instance;
    }
  }
  return nullptr;
}

std::string refusal_of_problem(const Problem& p) {
  constexpr int kMostSlices = 65535;  // of a grid's y
  if (p.is_softmax()) {
    return "memory_efficient computes attention, not a softmax";
  }
  if (p.dtype == DType::fp32) {
    return "dtype fp32: compiled for fp16 and bf16";
  }
  if (p.head_dim != 64 && p.head_dim != 128) {
    return "head_dim " + std::to_string(p.head_dim) + ": compiled for 64 and 128";
  }
  if (p.kv_heads < 1 || p.heads % p.kv_heads != 0) {
    return "kv_heads " + std::to_string(p.kv_heads) + ": must divide heads, " + std::to_string(p.heads);
  }
  if (p.slices() < 1 || p.slices() > kMostSlices) {
    return "batch x heads " + std::to_string(p.slices()) + ": 1 to " + std::to_string(kMostSlices);
  }
  if (p.seqlen_q < 1 || p.seqlen_kv < 1) {
    return "seqlen " + std::to_string(p.seqlen_q) + " x " + std::to_string(p.seqlen_kv) + ": at least 1";
  }
  return "";
}

std::string refusal(const Problem& p, const Schedule& s) {
  if (std::string no = refusal_of_problem(p); !no.empty()) {
    return no;
  }
  if (find(p, s.tile) == nullptr) {
    return "tile " + std::to_string(s.tile) + ": at head_dim " + std::to_string(p.head_dim) + " compiled for " +
           (p.head_dim == 64 ? "64 and 128" : "64");
  }
  if (s.block_q < 1 || s.block_q > p.seqlen_q || s.block_kv < 1 || s.block_kv > p.seqlen_kv) {
    return "chunks of " + std::to_string(s.block_q) + " x " + std::to_string(s.block_kv) + ": 1 to the sequence";
  }
  if (s.warps != kChunkWarps || s.stages != 1) {
    return "warps " + std::to_string(s.warps) + ", stages " + std::to_string(s.stages) + ": compiled for 4 and 1";
  }
  return "";
}

// The paper's code uses chunks of 1024 x 4096; shorter sequences are cut into four, to stay below N^2 there too.
Schedule fill_in(const Problem& p, const Schedule& given) {
  Schedule s = given;
  const auto choose = [](int given, int fallback, int length) {
    return given > 0 ? std::min(given, length) : fallback;
  };
  s.block_q = choose(given.block_q, std::min(1024, ceil_div(p.seqlen_q, 4)), p.seqlen_q);
  s.block_kv = choose(given.block_kv, std::min(4096, ceil_div(p.seqlen_kv, 4)), p.seqlen_kv);
  s.stages = 1;
  s.warps = given.warps > 0 ? given.warps : kChunkWarps;
  s.tile = given.tile > 0 ? given.tile : (p.head_dim == 64 && std::min(s.block_q, s.block_kv) > 64 ? 128 : 64);
  return s;
}

// The default chunks and square ones.
std::vector<Schedule> schedules(const Problem& problem) {
  std::vector<Schedule> all;
  if (!refusal_of_problem(problem).empty()) {
    return all;
  }
  for (const Instance& instance : kInstances) {
    for (const int chunk : {0, 256, 512, 1024, 2048}) {
      const Schedule s = fill_in(problem, {chunk, chunk, 0, 0, 0, instance.tile});
      if (refusal(problem, s).empty() && std::find(all.begin(), all.end(), s) == all.end()) {
        all.push_back(s);
      }
    }
  }
  return all;
}

std::size_t workspace_bytes(const Problem& problem, const Schedule& schedule) {
  return Workspace(problem, schedule).bytes;
}

void run(const Problem& p, const Schedule& s, const Tensors& t, void* workspace, cudaStream_t stream) {
  const Workspace at(p, s);
  const auto buffer = [&](std::size_t offset) { return static_cast<unsigned char*>(workspace) + offset; };
  const auto floats = [&](std::size_t offset) { return reinterpret_cast<float*>(buffer(offset)); };
  Chunked a{};
  a.Q = t.q;
  a.K = t.k;
  a.V = t.v;
  a.O = t.o;
  a.S = buffer(at.S);
  a.P = buffer(at.P);
  a.partial = floats(at.partial);
  a.m = floats(at.m);
  a.l = floats(at.l);
  a.heads = p.heads;
  a.group = p.heads / p.kv_heads;
  a.Nq = p.seqlen_q;
  a.Nk = p.seqlen_kv;
  a.cq = s.block_q;
  a.pitch = at.pitch;
  a.key_chunks = at.key_chunks;
  a.causal = p.causal;
  a.scale = 1.0f / std::sqrt(static_cast<float>(p.head_dim));
  const Instance& instance = *find(p, s.tile);
  (p.dtype == DType::fp16 ? instance.fp16 : instance.bf16)(a, steps(p, s), p.slices(), stream);
}

}  // namespace
}  // namespace kernels::memory_efficient

namespace kernels {

std::vector<Entry> memory_efficient_entries() {
  using namespace memory_efficient;
  return {{"memory_efficient", "", "memory-efficient attention: chunks through HBM, mma.sync", refusal, fill_in,
           schedules, workspace_bytes, launches, run}};
}

}  // namespace kernels
