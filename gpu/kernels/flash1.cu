// FlashAttention, forward pass. Dao et al. 2022, Algorithm 1; numbers in the margin are its lines. Read it beside
// sim/algorithms/flash_attention_1.cpp, whose tile program this is: one block works on one head, the outer loop goes
// over K and V, the inner over Q, and O, l, m travel to HBM and back each time.
//
// A warp owns 16 rows of Q's tile: block_q = 16 warps. S and P stay in its registers. Nothing is fetched ahead (one
// stage): a copy is issued where the program says `load`, Q_i, O_i, l_i, m_i together; blocks on the same SM hide it.
#include "kernels/flash1.cuh"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace kernels::flash1 {
namespace {

struct Flash1 {
  const void *Q, *K, *V;
  void* O;
  float *l, *m;
  int heads, group;  // group: query heads that share a head of K and V
  int Nq, Nk;
  bool causal;
  float scale;
};

// Row of K and V with which a slice's head begins.
__device__ __forceinline__ std::int64_t first_kv_row(const Flash1& a, int slice) {
  const int batch = slice / a.heads, head = slice % a.heads;
  return std::int64_t{batch * (a.heads / a.group) + head / a.group} * a.Nk;
}

// Line 2: O = 0, l = 0, m = -infinity, of one tile.
template <int kThreads, int kDim, class T>
__device__ __forceinline__ void initialise(T* Oi, float* li, float* mi, int count) {
  for (int chunk = static_cast<int>(threadIdx.x); chunk < count * (kDim / 8); chunk += kThreads) {
    reinterpret_cast<uint4*>(Oi)[chunk] = uint4{0, 0, 0, 0};
  }
  for (int row = static_cast<int>(threadIdx.x); row < count; row += kThreads) {
    li[row] = 0;
    mi[row] = -kInfinity;
  }
}

// clang-format off
template <class T, int kDim, int Br, int Bc>
__global__ void __launch_bounds__(Br / kRowsOfWarp * 32) flash_attention_1(const Flash1 a) {
  constexpr int kThreads = Br / kRowsOfWarp * 32;
  extern __shared__ __align__(128) unsigned char smem[];
  using TileOfKeys = SharedTile<T, Bc, kDim>;
  using TileOfQueries = SharedTile<T, Br, kDim>;
  const TileOfKeys Kj{shared_address(smem)}, Vj{Kj.address + TileOfKeys::kBytes};
  const TileOfQueries Qi{Vj.address + TileOfKeys::kBytes}, Oi{Qi.address + TileOfQueries::kBytes};

  const int Nq = a.Nq, Nk = a.Nk, Tr = (Nq + Br - 1) / Br, Tc = (Nk + Bc - 1) / Bc;
  const std::int64_t slice = blockIdx.x;
  const T* const Q = static_cast<const T*>(a.Q) + slice * Nq * kDim;
  T* const O = static_cast<T*>(a.O) + slice * Nq * kDim;
  float *const l = a.l + slice * Nq, *const m = a.m + slice * Nq;

  for (int i = 0; i < Tr; ++i) {                                                                //  2
    const int first = i * Br;
    initialise<kThreads, kDim>(O + first * kDim, l + first, m + first, min(Br, Nq - first));
  }
  __syncthreads();  // rows of O are read by other threads than those that have written them

  for (int j = 0; j < Tc; ++j) {                                                                //  5
    const int keys = min(Bc, Nk - j * Bc);
    const std::int64_t key = first_kv_row(a, here(blockIdx.x)) + j * Bc;
    load_tile_async<kThreads>(Kj, static_cast<const T*>(a.K) + key * kDim, kDim, keys);         //  6
    load_tile_async<kThreads>(Vj, static_cast<const T*>(a.V) + key * kDim, kDim, keys);

    for (int i = 0; i < Tr; ++i) {                                                              //  7
      const int first = i * Br, count = min(Br, Nq - first);
      if (a.causal && first + count + Nk - Nq <= j * Bc) {
        continue;  // every key of the tile lies in the future of every query
      }
      load_tile_async<kThreads>(Qi, Q + first * kDim, kDim, count);                             //  8
      copies_commit();
      load_own_rows_async(Oi, O + first * kDim, count, place());
      copies_commit();
      const float li_mi = load_statistics(l + first, m + first, count, place());
      copies_wait<1>();
      __syncthreads();  // K_j, V_j and Q_i have landed

      Accumulator<kRowsOfWarp, Bc> Sij;
      Sij.fill(0);
      const auto [lane, own] = place();
      add_product_abt<T>(Sij, pieces_down_first(Qi, own, lane), pieces_right_first(Kj, 0, lane));  //  9
      each_element(Sij, [&](float x, int, int) { return a.scale * x; });
      const bool masked = a.causal && first + 1 + Nk - Nq < j * Bc + keys;
      if (masked || keys < Bc) {  // K_j's rows beyond the tensor are masked, too
        mask(Sij, keys, a.causal ? first + 1 + Nk - Nq - j * Bc : keys, place());
      }
      const Column mij = rowmax(Sij);                                                           // 10
      Column lij;
      const LeftOperand<kRowsOfWarp, Bc> Pij = exp_diff_rowsum<T>(Sij, mij, lij);

      const Column li = l_of(li_mi, lane), mi = m_of(li_mi, lane);
      const Column m_new = each_row([&](int r) { return fmaxf(mi.at[r], mij.at[r]); });         // 11
      const Column old = exp_diff(mi, m_new), weight = exp_diff(mij, m_new);
      const Column old_weight = each_row([&](int r) { return old.at[r] * li.at[r]; });
      const Column l_new = each_row([&](int r) { return weight.at[r] * lij.at[r] + old_weight.at[r]; });

      Accumulator<kRowsOfWarp, kDim> PV;                                                        // 12
      PV.fill(0);
      add_product_ab<T>(PV, Pij, pieces_down_first(Vj, 0, place().lane));
      const Column inverse =  // a row that has seen no key stays 0
          each_row([&](int r) { return l_new.at[r] == 0 ? 0.0f : __fdividef(1.0f, l_new.at[r]); });
      copies_wait<0>();
      __syncwarp();  // the warp's rows of O_i have landed
      merge_into<T>(Oi, PV, weight, old_weight, inverse, place());
      __syncwarp();
      store_own_rows(Oi, O + first * kDim, count, place());
      store_column(l + first, l_new, count, place());                                           // 13
      store_column(m + first, m_new, count, place());
      __syncthreads();  // the block has done with Q_i, and after the last i with K_j and V_j
    }                                                                                           // 14
  }                                                                                             // 15
}
// clang-format on

// A compiled schedule. One stage, as in the tile program.
struct Instance {
  int head_dim, block_q, block_kv;
  void (*fp16)(Flash1);
  void (*bf16)(Flash1);

  int warps() const { return block_q / kRowsOfWarp; }
  Schedule schedule() const { return {block_q, block_kv, 1, warps(), 0, 0}; }
  int smem_bytes() const { return (2 * block_q + 2 * block_kv) * head_dim * 2; }
};

template <int kDim, int Br, int Bc>
constexpr Instance compiled() {
  return {kDim, Br, Bc, flash_attention_1<__half, kDim, Br, Bc>, flash_attention_1<__nv_bfloat16, kDim, Br, Bc>};
}

// Line 1 chooses 64 x 454 at d = 64 and 128 x 227 at d = 128 on Hopper; a row of so many scores does not fit the
// registers of one warp, so the widest here are 256 and 192.
const Instance kInstances[] = {
    compiled<64, 64, 32>(),    compiled<64, 64, 64>(),    compiled<64, 64, 128>(),  compiled<64, 64, 256>(),
    compiled<64, 128, 64>(),   compiled<64, 128, 128>(),  compiled<64, 128, 192>(), compiled<128, 64, 32>(),
    compiled<128, 64, 64>(),   compiled<128, 64, 128>(),  compiled<128, 64, 192>(), compiled<128, 128, 64>(),
    compiled<128, 128, 128>(), compiled<128, 128, 192>(),
};

int smem_bytes_of_card() {
  int device = 0, bytes = 0;
  check(cudaGetDevice(&device), "asking for the device");
  check(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "asking for its SMEM");
  return bytes;
}

const Instance* find(const Problem& problem, const Schedule& schedule) {
  for (const Instance& instance : kInstances) {
    if (instance.head_dim == problem.head_dim && instance.schedule() == schedule) {
      return &instance;
    }
  }
  return nullptr;
}

std::string text(const Schedule& s) {
  return std::to_string(s.block_q) + " x " + std::to_string(s.block_kv) + " of " + std::to_string(s.warps) + " warps";
}

std::string refusal_of_problem(const Problem& p) {
  if (p.is_softmax()) {
    return "flash1 computes attention, not a softmax";
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
  constexpr int kLongest = 1 << 23;  // so that an element's number in a slice fits an int
  if (p.seqlen_q < 1 || p.seqlen_kv < 1 || std::max(p.seqlen_q, p.seqlen_kv) > kLongest) {
    return "seqlen " + std::to_string(p.seqlen_q) + " x " + std::to_string(p.seqlen_kv) + ": 1 to " +
           std::to_string(kLongest);
  }
  return "";
}

std::string refusal(const Problem& problem, const Schedule& schedule) {
  if (std::string no = refusal_of_problem(problem); !no.empty()) {
    return no;
  }
  const Instance* instance = find(problem, schedule);
  if (instance == nullptr) {
    std::string no = text(schedule) + " and stages " + std::to_string(schedule.stages) + ": at head_dim " +
                     std::to_string(problem.head_dim) + " and stages 1, compiled are";
    std::string separator = " ";
    for (const Instance& other : kInstances) {
      if (other.head_dim == problem.head_dim) {
        no += separator + text(other.schedule());
        separator = ", ";
      }
    }
    return no;
  }
  if (const int bytes = smem_bytes_of_card(); instance->smem_bytes() > bytes) {
    return text(schedule) + ": need " + std::to_string(instance->smem_bytes()) + " bytes of SMEM a block, " +
           "the card has " + std::to_string(bytes);
  }
  return "";
}

// Tiles that reach further beyond the sequence than the smallest that both heights are compiled for are of no use.
constexpr int kSmallestQ = 64, kSmallestKv = 64;
int useful_q(const Problem& problem) { return std::max(problem.seqlen_q, kSmallestQ); }
int useful_kv(const Problem& problem) { return std::max(problem.seqlen_kv, kSmallestKv); }

std::vector<Schedule> schedules(const Problem& problem) {
  std::vector<Schedule> all;
  for (const Instance& instance : kInstances) {
    const Schedule s = instance.schedule();
    if (s.block_q <= useful_q(problem) && s.block_kv <= useful_kv(problem) && refusal(problem, s).empty()) {
      all.push_back(s);
    }
  }
  return all;
}

// Line 1: Bc = ceil(M / 4d), Br = min(Bc, d), with M the elements that SMEM holds; here the largest compiled within.
Schedule fill_in(const Problem& problem, const Schedule& given) {
  const int M = smem_bytes_of_card() / 2, Bc = ceil_div(M, 4 * problem.head_dim);
  const int Br = given.warps > 0 ? given.warps * kRowsOfWarp : std::min(Bc, problem.head_dim);
  const auto agrees = [](int given, int compiled, int limit) {
    return given > 0 ? given == compiled : compiled <= limit;
  };
  Schedule best = given;
  best.stages = 1;
  int best_kv = 0, best_q = 0;
  for (const Instance& instance : kInstances) {
    const Schedule s = instance.schedule();
    const bool larger = s.block_kv > best_kv || (s.block_kv == best_kv && s.block_q > best_q);
    if (larger && agrees(given.block_kv, s.block_kv, std::min(Bc, useful_kv(problem))) &&
        agrees(given.block_q, s.block_q, std::min(Br, useful_q(problem))) && agrees(given.warps, s.warps, s.warps) &&
        refusal(problem, s).empty()) {
      best = s;
      best_kv = s.block_kv;
      best_q = s.block_q;
    }
  }
  return best;
}

std::size_t workspace_bytes(const Problem&, const Schedule&) { return 0; }

std::vector<Launch> launches(const Problem& problem, const Schedule&) { return {{"flash1", problem.slices()}}; }

void run(const Problem& p, const Schedule& schedule, const Tensors& t, void*, cudaStream_t stream) {
  const Instance& instance = *find(p, schedule);
  const auto kernel = p.dtype == DType::fp16 ? instance.fp16 : instance.bf16;
  const Flash1 a{t.q,        t.k,         t.v,      t.o,
                 t.l,        t.m,         p.heads,  p.heads / p.kv_heads,
                 p.seqlen_q, p.seqlen_kv, p.causal, 1.0f / std::sqrt(static_cast<float>(p.head_dim))};
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, instance.smem_bytes()),
        "asking for the SMEM of flash1");
  kernel<<<p.slices(), instance.warps() * 32, instance.smem_bytes(), stream>>>(a);
  check_launch("flash1");
}

}  // namespace
}  // namespace kernels::flash1

namespace kernels {

std::vector<Entry> flash1_entries() {
  using namespace flash1;
  return {{"flash1", "", "FlashAttention (1): O, l, m through HBM, mma.sync", refusal, fill_in, schedules,
           workspace_bytes, launches, run}};
}

}  // namespace kernels
