#include "sim/analysis/closed_forms.h"

#include <algorithm>

#include "sim/analysis/closed_forms_parts.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace sim {

const std::vector<FormulaLetter>& formula_letters() {
  static const std::vector<FormulaLetter> kLetters = {
      {"B", "batch"},
      {"H", "query heads"},
      {"Hkv", "heads of K and V"},
      {"G", "query heads that share one head of K and V: H / Hkv"},
      {"Nq", "queries"},
      {"Nk", "keys"},
      {"d", "head dimension"},
      {"e", "bytes of an element of Q, K, V, O, S, P, X, Y"},
      {"R", "rows of X"},
      {"V", "columns of X"},
      {"Br", "rows of Q (of X; of a query chunk) a row block"},
      {"Bc", "rows of K and V (columns of X; rows of a key chunk) a tile"},
      {"Tr", "row blocks: ceil(Nq / Br); flash_decoding packs G heads: ceil(G Nq / Br)"},
      {"Tc", "tiles of K and V, or of a row of X: ceil(Nk / Bc), ceil(V / Bc)"},
      {"Ur", "memory_efficient: row tiles in all query chunks; a tile has min(128, Br, Bc) rows and columns"},
      {"Uc", "memory_efficient: column tiles in all key chunks"},
      {"t", "memory_efficient: rows and columns of a tile: min(128, Br, Bc)"},
      {"Rs", "standard: rows of S that a block of the softmax takes together: as many as make 16 KB, from 1 to 16"},
      {"s", "splits of K and V"},
      {"c", "flash_decoding: tiles of K and V a split: ceil(Tc / s)"},
      {"st", "buffers that each of K and V has"},
      {"q_i", "rows of row block i"},
      {"t_i", "tiles of K and V that row block i meets"},
      {"k_i", "rows of K that row block i meets"},
      {"w_i",
       "times that a matmul of row block i reads its second operand from SMEM: min(warps, ceil(q_i / 16)) on "
       "tensor cores, ceil(q_i / 32) on FMA lanes"},
      {"a_i",
       "times that the tiles of Q K^T of row block i read their first operand from SMEM on FMA lanes: the sum "
       "over tiles of ceil(columns / 64)"},
      {"Ad", "times that P V reads its first operand from SMEM on FMA lanes: ceil(d / 64)"},
  };
  return kLetters;
}

// ---- Letters and sums ----

namespace {

std::int64_t ceil_of(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

Letters::Letters(const Problem& p, const Schedule& schedule)
    : B("B", p.batch),
      H("H", p.heads),
      Hkv("Hkv", p.kv_heads),
      G("G", p.group()),
      Nq("Nq", p.seqlen_q),
      Nk("Nk", p.seqlen_kv),
      d("d", p.head_dim),
      e("e", size_of(p.dtype)),
      Br("Br", schedule.block_q),
      Bc("Bc", schedule.block_kv),
      Tr("Tr", ceil_of(p.seqlen_q, schedule.block_q)),
      Tc("Tc", ceil_of(p.seqlen_kv, schedule.block_kv)),
      s("s", schedule.splits),
      st("st", schedule.stages),
      Ad(p.dtype == DType::fp32 ? Formula("Ad", ceil_of(p.head_dim, 64)) : Formula(1)),
      fma_lanes(p.dtype == DType::fp32),
      warps(schedule.warps) {}

namespace {

struct Met {
  std::int64_t k = 0, t = 0, a = 0;
};

// The tiles that hold the first `visible` keys of a chunk of `keys`. On tensor cores a tile's first operand is read
// once, so a is t.
Met met_in_chunk(std::int64_t visible, std::int64_t keys, std::int64_t tile, bool fma_lanes) {
  Met met;
  met.t = ceil_of(visible, tile);
  met.k = std::min(keys, met.t * tile);
  met.a = fma_lanes ? met.k / tile * ceil_of(tile, 64) + ceil_of(met.k % tile, 64) : met.t;
  return met;
}

Met met_by_all(const Tiling& tiling, bool fma_lanes) {
  Met sum;
  for (std::int64_t first = 0; first < tiling.keys; first += tiling.key_chunk) {
    const std::int64_t keys = std::min(tiling.key_chunk, tiling.keys - first);
    const Met met = met_in_chunk(keys, keys, tiling.key_tile, fma_lanes);
    sum = {sum.k + met.k, sum.t + met.t, sum.a + met.a};
  }
  return sum;
}

// Keys up to the last one that any row of [first, last] sees. The block sees as far as its latest query does, which
// is a head's last where rows of two heads meet.
std::int64_t visible_keys(const Tiling& tiling, std::int64_t first, std::int64_t last) {
  const bool two_heads = first / tiling.queries != last / tiling.queries;
  const std::int64_t latest = two_heads ? tiling.queries - 1 : last % tiling.queries;
  return std::max<std::int64_t>(0, latest + 1 + tiling.keys - tiling.queries);
}

void add_row_block(Visits& sum, std::int64_t q, const Met& met, const Letters& letters, std::int64_t ring_rows) {
  const std::int64_t w = letters.fma_lanes ? ceil_of(q, 32) : std::min<std::int64_t>(letters.warps, ceil_of(q, 16));
  ++sum.row_blocks;
  sum.k += met.k;
  sum.qk += q * met.k;
  sum.qt += q * met.t;
  sum.qa += q * met.a;
  sum.w += w;
  sum.wk += w * met.k;
  sum.q_max = std::max(sum.q_max, met.k > 0 ? q : 0);
  sum.qk_max = std::max(sum.qk_max, q + 2 * std::min(ring_rows, met.k));
}

}  // namespace

Visits visits(const Tiling& tiling, const Letters& letters, std::int64_t ring_rows) {
  const Met all = met_by_all(tiling, letters.fma_lanes);
  Visits sum;
  sum.key_tiles = all.t;
  for (std::int64_t chunk = 0; chunk < tiling.rows; chunk += tiling.row_chunk) {
    const std::int64_t chunk_end = std::min(tiling.rows, chunk + tiling.row_chunk);
    for (std::int64_t first = chunk; first < chunk_end; first += tiling.row_block) {
      const std::int64_t end = std::min(chunk_end, first + tiling.row_block);
      const Met met = tiling.queries == 0 ? all
                                          : met_in_chunk(visible_keys(tiling, first, end - 1), tiling.keys,
                                                         tiling.key_tile, letters.fma_lanes);
      add_row_block(sum, end - first, met, letters, ring_rows);
    }
  }
  return sum;
}

VisitForms visit_forms(const Visits& v, bool causal, const Formula& rows, const Formula& row_blocks,
                       const Letters& letters) {
  VisitForms f;
  f.k = causal ? Formula("sum_i(k_i)", v.k) : row_blocks * letters.Nk;
  f.qk = causal ? Formula("sum_i(q_i k_i)", v.qk) : rows * letters.Nk;
  f.qt = causal ? Formula("sum_i(q_i t_i)", v.qt) : rows * letters.Tc;
  f.qa = letters.fma_lanes ? Formula("sum_i(q_i a_i)", v.qa) : f.qt;
  f.wk = causal ? Formula("sum_i(w_i k_i)", v.wk) : letters.Nk * Formula("sum_i(w_i)", v.w);
  return f;
}

Formula fused_operand_bytes(const VisitForms& v, const Letters& letters) {
  return letters.d * letters.e * (v.qa + 2 * v.wk);
}

// ---- The list ----

void FormList::add(const std::string& counter, const char* unit, const Formula& formula, const std::string& place) {
  forms_.push_back({counter, unit, formula.letters(), formula.numbers(), formula.value(),
                    place.empty() ? source_ : source_ + "; " + place});
}

void FormList::tensor_read(const std::string& tensor, const Formula& formula) {
  add("two_level.by_tensor." + tensor + ".read_bytes", "B", formula);
}

void FormList::tensor_write(const std::string& tensor, const Formula& formula) {
  add("two_level.by_tensor." + tensor + ".write_bytes", "B", formula);
}

void FormList::bytes(const Formula& read, const Formula& write) { bytes(read, read, write); }

void FormList::bytes(const Formula& paper_read, const Formula& two_level_read, const Formula& write) {
  add("paper.read_bytes", "B", paper_read);
  add("paper.write_bytes", "B", write);
  add("two_level.read_bytes", "B", two_level_read);
  add("two_level.write_bytes", "B", write);
}

void FormList::flops(const Formula& matmul, const Formula& other, const Formula& exps) {
  add("flops.matmul", "FLOP", matmul, "2 a multiply-add, unpadded");
  add("flops.other", "FLOP", other, "1 an element and operation, exp(a - b) 2");
  add("flops.exp", "exponentials", exps, "those that rescale included");
}

void FormList::memory(const Formula& smem_operand_bytes, const Formula& smem_peak_bytes,
                      const Formula& hbm_peak_bytes) {
  add("smem.operand_bytes", "B", smem_operand_bytes, "every warp reads the second operand again");
  add("smem.peak_bytes_per_block", "B", smem_peak_bytes, "tiles alive together, buffers of every stage included");
  add("hbm_peak_bytes", "B", hbm_peak_bytes, "inputs, outputs, and scratch from first to last use");
}

// ---- Softmax ----

namespace {

const char* const kSoftmaxPaper = "Milakov and Gimelshein 2018 (arXiv 1805.02867)";

struct SoftmaxLetters {
  Formula R, V, e, Tc, RV;
  SoftmaxLetters(const Problem& p, const Schedule& schedule)
      : R("R", p.rows),
        V("V", p.row_length),
        e("e", size_of(p.dtype)),
        Tc("Tc", ceil_of(p.row_length, schedule.block_kv)),
        RV(R * V) {}
};

// `loads` an element, `other` FLOPs an element and `other_a_tile` a row and tile, likewise exponentials.
std::vector<ClosedForm> softmax_forms(const std::string& place, const SoftmaxLetters& f, std::int64_t loads,
                                      const Formula& other, const Formula& exps) {
  FormList list(std::string(kSoftmaxPaper) + ", " + place);
  list.bytes(loads * f.RV * f.e, f.RV * f.e);
  list.tensor_read("X", loads * f.RV * f.e);
  list.tensor_write("Y", f.RV * f.e);
  list.flops(0, other, exps);
  list.memory(0, 0, 2 * f.RV * f.e);
  return list.take();
}

}  // namespace

// Pass 1: sum e^x. Pass 2: e^x / sum.
std::vector<ClosedForm> forms_of_softmax_naive(const Problem& p, const Schedule& schedule, const Machine&) {
  const SoftmaxLetters f(p, schedule);
  return softmax_forms("Algorithm 1: 2 loads and a store an element", f, 2, f.R * (2 * f.V + f.Tc), 2 * f.RV);
}

// Pass 1: maximum. Pass 2: sum e^(x - m), 3 FLOPs an element. Pass 3: e^(x - m) / sum, 3 FLOPs an element.
std::vector<ClosedForm> forms_of_softmax_safe(const Problem& p, const Schedule& schedule, const Machine&) {
  const SoftmaxLetters f(p, schedule);
  return softmax_forms("Algorithm 2: 3 loads and a store an element", f, 3, f.R * (7 * f.V + 2 * f.Tc), 2 * f.RV);
}

// Pass 1: maximum and sum together; a tile costs a row a maximum, a rescaling exponential (2), a product, an addition.
std::vector<ClosedForm> forms_of_softmax_online(const Problem& p, const Schedule& schedule, const Machine&) {
  const SoftmaxLetters f(p, schedule);
  return softmax_forms("Algorithm 3: 2 loads and a store an element", f, 2, f.R * (7 * f.V + 5 * f.Tc),
                       f.R * (2 * f.V + f.Tc));
}

// ---- The table ----

namespace {

struct Entry {
  const char* algorithm;
  ClosedFormsFunction forms;
};

constexpr Entry kEntries[] = {
    {"softmax_naive", forms_of_softmax_naive},
    {"softmax_safe", forms_of_softmax_safe},
    {"softmax_online", forms_of_softmax_online},
    {"standard", forms_of_standard},
    {"memory_efficient", forms_of_memory_efficient},
    {"flash1", forms_of_flash1},
    {"flash2", forms_of_flash2},
    {"flash_decoding", forms_of_flash_decoding},
};

}  // namespace

std::vector<ClosedForm> closed_forms(const std::string& algorithm, const Problem& problem, const Schedule& schedule,
                                     const Machine& machine) {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    if (algorithm == entry.algorithm) {
      SIM_CHECK(schedule.block_q > 0 && schedule.block_kv > 0);
      return entry.forms(problem, schedule, machine);
    }
    names.emplace_back(entry.algorithm);
  }
  throw Error("algorithm", "no closed forms for '" + algorithm + "'", suggestion(algorithm, names));
}

const ClosedForm& find_closed_form(const std::vector<ClosedForm>& forms, const std::string& counter) {
  std::vector<std::string> names;
  for (const ClosedForm& form : forms) {
    if (form.counter == counter) {
      return form;
    }
    names.push_back(form.counter);
  }
  throw Error("counter", "no closed form for '" + counter + "'", suggestion(counter, names));
}

}  // namespace sim
