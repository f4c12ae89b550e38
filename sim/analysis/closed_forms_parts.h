// What the closed forms of all algorithms share: letters with their values, sums over row blocks, the list they fill.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/analysis/closed_forms.h"
#include "sim/analysis/formula.h"

namespace sim {

/// The letters of an attention problem and its schedule; see closed_forms.h.
struct Letters {
  Letters(const Problem& problem, const Schedule& schedule);
  Formula B, H, Hkv, G, Nq, Nk, d, e, Br, Bc, Tr, Tc, s, st;
  Formula Ad;      ///< times that FMA lanes read the first operand of a product of d columns; 1 on tensor cores
  bool fma_lanes;  ///< fp32 operands
  int warps;
};

/// Rows cut into chunks and these into row blocks, keys likewise into tiles: what row blocks meet, added up.
struct Tiling {
  std::int64_t rows = 0, row_chunk = 0, row_block = 0;  ///< row_chunk = rows: no chunks
  std::int64_t keys = 0, key_chunk = 0, key_tile = 0;
  std::int64_t queries = 0;  ///< causal: rows are queries modulo this. 0: no mask, every row block meets every key
};

struct Visits {
  std::int64_t row_blocks = 0;  ///< how many there are
  std::int64_t key_tiles = 0;   ///< Tc, chunks' ragged ends counted
  std::int64_t k = 0;           ///< sum_i k_i
  std::int64_t qk = 0;          ///< sum_i q_i k_i
  std::int64_t qt = 0;          ///< sum_i q_i t_i
  std::int64_t qa = 0;          ///< sum_i q_i a_i
  std::int64_t w = 0;           ///< sum_i w_i
  std::int64_t wk = 0;          ///< sum_i w_i k_i
  std::int64_t q_max = 0;       ///< most rows of a row block that meets a key
  std::int64_t qk_max = 0;      ///< max_i (q_i + 2 min(ring_rows, k_i))
};
Visits visits(const Tiling& tiling, const Letters& letters, std::int64_t ring_rows = 0);

/// The same as formulas: in letters where nothing is masked, else as sums over i.
struct VisitForms {
  Formula k, qk, qt, qa, wk;
};
VisitForms visit_forms(const Visits& v, bool causal, const Formula& rows, const Formula& row_blocks,
                       const Letters& letters);

/// Bytes that Q K^T and P V read from SMEM when P comes from registers; `v` of one slice.
Formula fused_operand_bytes(const VisitForms& v, const Letters& letters);

/// Fills the list, all from one source.
class FormList {
 public:
  explicit FormList(std::string source) : source_(std::move(source)) {}
  void add(const std::string& counter, const char* unit, const Formula& formula, const std::string& place = {});
  void tensor_read(const std::string& tensor, const Formula& formula);
  void tensor_write(const std::string& tensor, const Formula& formula);
  /// Both accounts agree.
  void bytes(const Formula& read, const Formula& write);
  void bytes(const Formula& paper_read, const Formula& two_level_read, const Formula& write);
  void flops(const Formula& matmul, const Formula& other, const Formula& exps);
  void memory(const Formula& smem_operand_bytes, const Formula& smem_peak_bytes, const Formula& hbm_peak_bytes);
  std::vector<ClosedForm> take() { return std::move(forms_); }

 private:
  std::string source_;
  std::vector<ClosedForm> forms_;
};

using ClosedFormsFunction = std::vector<ClosedForm> (*)(const Problem&, const Schedule&, const Machine&);

// closed_forms_materialised.cpp: scores and probabilities go through HBM.
std::vector<ClosedForm> forms_of_standard(const Problem& p, const Schedule& schedule, const Machine& machine);
std::vector<ClosedForm> forms_of_memory_efficient(const Problem& p, const Schedule& schedule, const Machine& machine);
// closed_forms_fused.cpp: they stay on the chip.
std::vector<ClosedForm> forms_of_flash1(const Problem& p, const Schedule& schedule, const Machine& machine);
std::vector<ClosedForm> forms_of_flash2(const Problem& p, const Schedule& schedule, const Machine& machine);
std::vector<ClosedForm> forms_of_flash_decoding(const Problem& p, const Schedule& schedule, const Machine& machine);
// closed_forms.cpp
std::vector<ClosedForm> forms_of_softmax_naive(const Problem& p, const Schedule& schedule, const Machine& machine);
std::vector<ClosedForm> forms_of_softmax_safe(const Problem& p, const Schedule& schedule, const Machine& machine);
std::vector<ClosedForm> forms_of_softmax_online(const Problem& p, const Schedule& schedule, const Machine& machine);

}  // namespace sim
