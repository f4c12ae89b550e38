// Bounds: how fast a run could be at best on a machine, and how little traffic attention could do with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/algorithms/problem.h"
#include "sim/machine/machine.h"

namespace sim {

// ---- Time ----

/// What a run asks of the machine, all blocks together. Zeros are allowed: what is not known bounds nothing.
struct RunTotals {
  std::int64_t dram_read_bytes = 0, dram_write_bytes = 0;  ///< HBM <-> L2
  std::int64_t l2_bytes = 0;                               ///< L2 <-> SMs, both directions
  std::int64_t smem_bytes = 0;                             ///< through the SMEM ports: operands, and copies if counted
  std::array<std::int64_t, 3> matmul_flops{};              ///< by MatmulUnit
  std::int64_t exps = 0;
  std::int64_t other_flops = 0;           ///< as Work::other_flops counts them
  std::optional<std::int64_t> alu_flops;  ///< of other_flops the maxima, which the ALU does; unknown: either does
};

struct UnitTime {
  const char* unit;  ///< "tensor core", "fp32", "alu", "exp", "smem", "l2", "hbm"
  double us = 0;     ///< that the unit is busy if all SMs share its work evenly and it never waits
};

/// The seven units, in the order above. A multiply-add is 2 FLOPs and one slot of an FP32 lane; HBM reads and writes
/// share the bus, so their times add. Throws Error if there is work for a unit that the machine lacks.
std::vector<UnitTime> unit_times(const Machine& machine, const RunTotals& totals);

/// The largest of unit_times: no run with these totals takes less. Launches, latencies and dependencies come on top.
double roofline_floor_us(const Machine& machine, const RunTotals& totals);

/// The unit that the floor comes from; the first of equals.
const char* roofline_bound(const Machine& machine, const RunTotals& totals);

/// FLOP per byte; infinite without bytes.
double arithmetic_intensity(std::int64_t flops, std::int64_t bytes);

/// FLOP/s of `unit`, all SMs.
double peak_flops_per_s(const Machine& machine, MatmulUnit unit);

/// Intensity from which on `unit`, not reading from HBM, is the limit: the ridge of the roofline (Williams, Waterman
/// and Patterson 2009).
double ridge_flops_per_byte(const Machine& machine, MatmulUnit unit);

// ---- Traffic ----

/// Bytes that any attention moves: Q, K and V read once, O written once. Exact, and a true lower bound.
struct Compulsory {
  std::int64_t read_bytes = 0, write_bytes = 0;
};
Compulsory compulsory_bytes(const Problem& problem);

/// Order of the elements that one head must move between HBM and a fast memory of `fast_elements` = M elements:
///   M >= d^2: Nq Nk d^2 / M      Saha and Ye 2024 (arXiv 2402.07443), matched by FlashAttention. Dao et al. 2022,
///                                Proposition 3, had it for M = Theta(N d).
///   M <  d^2: Nq Nk d / sqrt(M)  Saha and Ye 2024: as matrix multiplication does.
/// and never less than the compulsory 2 (Nq + Nk) d. The papers' N^2 is Nq Nk here; no mask.
/// ASYMPTOTIC: the papers leave the constant open, and 1 is put in its place. It gives the slope of a curve over N, d
/// or M; a count may lie below it by a constant factor and break nothing.
double io_lower_bound_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d, double fast_elements);

/// Leading term of FlashAttention's Algorithm 1 with its own Bc = ceil(M / 4d) (Dao et al. 2022, Theorem 2,
/// Theta(N^2 d^2 / M)): K and V once, Q and O read and O written once for each of Tc tiles, l and m left out:
/// 2 Nk d + 3 Nq d ceil(Nk / Bc), which tends to 12 Nq Nk d^2 / M. Elements of one head, M as above.
double flash1_io_estimate_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d, double fast_elements);

/// Standard attention, the same way: Theta(N d + N^2) (Dao et al. 2022, Theorem 2); with constants 2 (Nq + Nk) d +
/// 4 Nq Nk: each operand and result of three kernels once.
double standard_io_estimate_elements(std::int64_t Nq, std::int64_t Nk, std::int64_t d);

}  // namespace sim
