// What the papers say an algorithm moves, computes and keeps, as closed forms: the second, independent statement of
// every exact counter. `attoscope explain` shows them, and tests hold the tile programs to them, to the byte.
//
// Two accounts of bytes. `two_level`: what the tile programs move between HBM and the chip when SMEM, empty at the
// start of every block, is the only cache. `paper`: every kernel of a materialising algorithm reads each of its
// operands once; for the others, and for all writes, the same as `two_level`.
//
// Letters, the same in every formula (formula_letters() has them for display):
//   B batch, H query heads, Hkv heads of K and V, G = H / Hkv, Nq queries, Nk keys, d head dimension, e bytes of an
//   element; R rows and V columns of a softmax. Br, Bc rows of Q and of K a tile, Tr, Tc how many such tiles there
//   are, s splits, st stages. Statistics and partial results are fp32: 4 bytes.
//   Row block i has q_i rows and meets t_i tiles of K, together k_i rows: all Tc and Nk, or, under the causal mask,
//   those up to the last key that any of its rows sees (bottom-right aligned: query q sees keys <= q + Nk - Nq). A
//   matmul reads its second operand w_i times from SMEM: by every warp of 16 rows, or every 32 rows of FMA lanes;
//   and, on FMA lanes, its first operand once every 64 columns: a_i times in all for the tiles of K, Ad for d columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/algorithms/problem.h"
#include "sim/machine/machine.h"

namespace sim {

struct ClosedForm {
  std::string counter;      ///< path in the JSON of `attoscope run`: "two_level.by_tensor.K.read_bytes"
  std::string unit;         ///< "B", "FLOP", "exponentials"
  std::string formula;      ///< "B H Nq d e (1 + 2 Tr)"
  std::string substituted;  ///< the same with numbers put in
  std::int64_t value = 0;
  std::string source;  ///< paper and place
};

/// The closed forms of `algorithm`: paper.{read,write}_bytes; two_level.{read,write}_bytes and by_tensor.NAME of every
/// tensor that is read or written; flops.{matmul,other,exp}; smem.{operand_bytes,peak_bytes_per_block} (the peak of
/// the block that needs most); hbm_peak_bytes. Exact for any lengths, tiles, groups and masks.
/// `problem` as checked() returns it, `schedule` as Algorithm::schedule() does: no tile longer than the sequence. Of
/// `machine` only this counts: `standard` keeps its rows of S on the chip if they fit SMEM and, in fp32, half the
/// registers; else it reads them twice. FLOPs are unpadded: a multiply-add is 2, exp(a - b) 2 and one exponential,
/// anything else 1 an element. Throws Error for an unknown algorithm. Takes O(rows of Q / Br).
std::vector<ClosedForm> closed_forms(const std::string& algorithm, const Problem& problem, const Schedule& schedule,
                                     const Machine& machine);

/// The one of `counter`; throws Error with the nearest name.
const ClosedForm& find_closed_form(const std::vector<ClosedForm>& forms, const std::string& counter);

struct FormulaLetter {
  const char* letter;
  const char* meaning;
};
const std::vector<FormulaLetter>& formula_letters();

}  // namespace sim
