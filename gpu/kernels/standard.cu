// Standard attention: S = Q K^T, P = softmax(S), O = P V as three kernels, with S and P (Nq x Nk) in HBM; beside
// sim/algorithms/standard.cpp. Here is what the harness sees; the kernels are in standard_products.cuh and
// standard_softmax.cu. Dao et al. 2022 (FlashAttention), Algorithm 0.
#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/kernels.h"
#include "kernels/standard_products.cuh"
#include "kernels/standard_softmax.h"

namespace kernels {
namespace {

using standard::Standard;

struct Tile {
  int Br, Bc;
};

/// The tiles that are compiled: d = 256 has no registers for 128 rows of O.
std::vector<Tile> compiled_tiles(int head_dim) {
  switch (head_dim) {
    case 64:
    case 128: return {{64, 64}, {64, 128}, {128, 64}, {128, 128}};
    case 256: return {{64, 64}, {64, 128}};
    default: return {};
  }
}

/// The smallest compiled tile that does a schedule's work. Tiles of a schedule are no longer than the sequences, as the
/// simulator has them: a block of 128 rows with 100 to do is one of 100.
std::optional<Tile> tile_of(const Problem& problem, const Schedule& s) {
  for (const Tile tile : compiled_tiles(problem.head_dim)) {
    const bool rows = s.block_q == tile.Br || (s.block_q == problem.seqlen_q && s.block_q < tile.Br);
    const bool columns = s.block_kv == tile.Bc || (s.block_kv == problem.seqlen_kv && s.block_kv < tile.Bc);
    if (rows && columns) {
      return tile;
    }
  }
  return std::nullopt;
}

template <class T>
struct Kernels {
  void (*scores)(const Standard<T>);
  void (*output)(const Standard<T>);
  int scores_smem, output_smem;
};

template <class T, int Br, int Bc, int d>
Kernels<T> kernels_of() {
  return {standard::scores<T, Br, Bc, d>, standard::output<T, Br, Bc, d>, standard::ScoresTiles<T, Br, Bc, d>::kBytes,
          standard::OutputTiles<T, Br, Bc, d>::kBytes};
}

template <class T, int d>
Kernels<T> kernels_of(Tile tile) {
  if constexpr (d <= 128) {
    if (tile.Br == 128) {
      return tile.Bc == 64 ? kernels_of<T, 128, 64, d>() : kernels_of<T, 128, 128, d>();
    }
  }
  return tile.Bc == 64 ? kernels_of<T, 64, 64, d>() : kernels_of<T, 64, 128, d>();
}

template <class T>
Kernels<T> kernels_of(int head_dim, Tile tile) {
  return head_dim == 64    ? kernels_of<T, 64>(tile)
         : head_dim == 128 ? kernels_of<T, 128>(tile)
                           : kernels_of<T, 256>(tile);
}

// ---------------------------------------------------------------------------------------------------------------------
// Entry
// ---------------------------------------------------------------------------------------------------------------------

/// What the simulator chooses; at d = 256 it takes tiles of up to 124 rows where there are no more, which isn't
/// compiled.
Schedule fill_in(const Problem& problem, const Schedule& given) {
  Schedule s = given;
  s.block_q = std::min(given.block_q > 0 ? given.block_q : (problem.head_dim <= 128 ? 128 : 64), problem.seqlen_q);
  s.block_kv = std::min(given.block_kv > 0 ? given.block_kv : 128, problem.seqlen_kv);
  s.stages = given.stages > 0 ? given.stages : 2;
  s.warps = given.warps > 0 ? given.warps : standard::kProductWarps;
  return s;
}

std::vector<Schedule> schedules(const Problem& problem) {
  std::vector<Schedule> all;
  for (const Tile tile : compiled_tiles(problem.head_dim)) {
    Schedule s;
    s.block_q = tile.Br;
    s.block_kv = tile.Bc;
    s = fill_in(problem, s);
    if (std::find(all.begin(), all.end(), s) == all.end()) {
      all.push_back(s);
    }
  }
  return all;
}

constexpr std::int64_t kMostBlocks = (std::int64_t{1} << 31) - 1;  // of a grid

std::int64_t row_blocks(const Problem& problem, const Schedule& s) { return ceil_div(problem.seqlen_q, s.block_q); }
std::int64_t scores_blocks(const Problem& problem, const Schedule& s) {
  return problem.slices() * row_blocks(problem, s) * ceil_div(problem.seqlen_kv, s.block_kv);
}

std::string refusal(const Problem& problem, const Schedule& s) {
  if (problem.is_softmax() || problem.dtype == DType::fp32) {
    return "standard runs attention in fp16 and bf16 only";
  }
  if (problem.seqlen_q < 1 || problem.seqlen_kv < 1 || problem.kv_heads < 1 || problem.heads % problem.kv_heads != 0) {
    return "standard wants queries, keys, and heads in whole groups: seqlen_q " + std::to_string(problem.seqlen_q) +
           ", seqlen_kv " + std::to_string(problem.seqlen_kv) + ", heads " + std::to_string(problem.heads) +
           ", kv_heads " + std::to_string(problem.kv_heads);
  }
  if (compiled_tiles(problem.head_dim).empty()) {
    return "head_dim " + std::to_string(problem.head_dim) + " is not compiled; standard has 64, 128, 256";
  }
  if (!tile_of(problem, s) || s.stages != 2 || s.warps != standard::kProductWarps) {
    std::string text = "block_q " + std::to_string(s.block_q) + " block_kv " + std::to_string(s.block_kv) + " stages " +
                       std::to_string(s.stages) + " warps " + std::to_string(s.warps) +
                       " is not compiled for head_dim " + std::to_string(problem.head_dim) +
                       "; there is, with stages 2 and warps 4,";
    for (const Tile tile : compiled_tiles(problem.head_dim)) {
      text += ' ' + std::to_string(tile.Br) + " x " + std::to_string(tile.Bc);
    }
    return text;
  }
  if (scores_blocks(problem, s) > kMostBlocks || softmax_blocks(problem) > kMostBlocks) {
    return "the grid has more than 2^31 - 1 blocks";
  }
  return "";
}

/// S, then P.
std::size_t workspace_bytes(const Problem& problem, const Schedule&) { return 2 * bytes_of_scores(problem); }

std::vector<Launch> launches(const Problem& problem, const Schedule& s) {
  return {{"scores", scores_blocks(problem, s)},
          {"softmax", softmax_blocks(problem)},
          {"output", problem.slices() * row_blocks(problem, s)}};
}

template <class Kernel, class Arguments>
void launch(const char* name, Kernel kernel, std::int64_t blocks, int smem, const Arguments& a, cudaStream_t stream) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, smem), name);
  kernel<<<static_cast<unsigned>(blocks), 32 * standard::kProductWarps, static_cast<std::size_t>(smem), stream>>>(a);
  check_launch(name);
}

template <class T>
void run_as(const Problem& problem, const Schedule& s, const Tensors& t, void* workspace, cudaStream_t stream) {
  auto* S = static_cast<unsigned char*>(workspace);
  Standard<T> a{};
  a.Q = static_cast<const T*>(t.q);
  a.K = static_cast<const T*>(t.k);
  a.V = static_cast<const T*>(t.v);
  a.O = static_cast<T*>(t.o);
  a.S = reinterpret_cast<T*>(S);
  a.P = reinterpret_cast<T*>(S + bytes_of_scores(problem));
  a.Nq = problem.seqlen_q;
  a.Nk = problem.seqlen_kv;
  a.pitch = pitch_of_scores(problem);
  a.Tr = ceil_div(problem.seqlen_q, s.block_q);
  a.Tc = ceil_div(problem.seqlen_kv, s.block_kv);
  a.heads = problem.heads;
  a.group = problem.heads / problem.kv_heads;
  a.scale = 1.0f / std::sqrt(static_cast<float>(problem.head_dim));
  const Kernels<T> kernels = kernels_of<T>(problem.head_dim, tile_of(problem, s).value());
  launch("scores", kernels.scores, scores_blocks(problem, s), kernels.scores_smem, a, stream);
  launch_softmax(problem, a.S, a.P, stream);
  launch("output", kernels.output, problem.slices() * row_blocks(problem, s), kernels.output_smem, a, stream);
}

void run(const Problem& problem, const Schedule& s, const Tensors& tensors, void* workspace, cudaStream_t stream) {
  return problem.dtype == DType::fp16 ? run_as<__half>(problem, s, tensors, workspace, stream)
                                      : run_as<__nv_bfloat16>(problem, s, tensors, workspace, stream);
}

}  // namespace

std::vector<Entry> standard_entries() {
  return {{"standard", "", "Standard attention: scores, softmax, output; own products with mma.sync", refusal, fill_in,
           schedules, workspace_bytes, launches, run}};
}

}  // namespace kernels
