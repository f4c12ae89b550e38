// The bound on an element is the simulator's, sim/analysis/reference.cpp, which derives it; in short: u is the unit
// roundoff of dtype, w = 2^-24 that of fp32. An exact weight p_j is replaced by p_j e^x above and p_j e^y below the
// fraction, where
//   y = (d + 2) w |q||k| scale   the dot product
//     + u |score|                if S goes through HBM in dtype
//     + 8 w (|score| + ln keys) + 4 w   the exponential
//     + 8 w steps                rescaling, once a step over K and V
//     + (keys + 2) w             summing
//   x = y + u                    P rounded to dtype (attention)
// and the output is rounded once, or once a step where O goes through HBM (flash1).
//
// That bound adds up the worst of every rounding; on normal inputs and long rows, where O is small, a missing tile
// could hide in it. So normal inputs have a second one, of each row of O (or Y): independent roundings add up as their
// squares do, so the relative error is below u for P, u for the output, u for S if it is rounded (its rms is 1), and
// u sqrt(steps / 2) for an O rounded each step. Twice their sum, and (keys + 16) w for sums and exponentials in fp32,
// are allowed: at 16384 keys and fp16, 0.4 %. Leaving out one of 256 tiles makes 6 %. Programs that
// round as stated, and are in double precision otherwise, err by a sixth to an eighth of what is allowed.
#include "measure/bound.h"

#include <cmath>
#include <limits>

namespace measure {
namespace {

using kernels::DType;

constexpr double kFp32Unit = 0x1p-24;

double unit_of(DType dtype) { return dtype == DType::fp16 ? 0x1p-11 : dtype == DType::bf16 ? 0x1p-8 : kFp32Unit; }

// Half of the subnormal step of fp16; the others' exponents reach as low as fp32's, which may be flushed to zero.
double lost_below_normal(DType dtype) { return dtype == DType::fp16 ? 0x1p-25 : 0x1p-126; }

// Where a program rounds to dtype on its way, and in how many steps it goes.
struct Roundings {
  double keys, steps, scores, probabilities, outputs;
};

Roundings roundings_of(const Point& point) {
  const bool softmax = point.problem.is_softmax();
  const int keys = softmax ? point.problem.row_length : point.problem.seqlen_kv;
  const int steps = point.schedule.block_kv > 0 ? kernels::ceil_div(keys, point.schedule.block_kv) : 1;
  const bool scores_in_hbm = point.algorithm == "standard" || point.algorithm == "memory_efficient";
  return {static_cast<double>(keys), static_cast<double>(steps), scores_in_hbm ? 1.0 : 0.0, softmax ? 0.0 : 1.0,
          point.algorithm == "flash1" ? static_cast<double>(steps) : 1.0};
}

}  // namespace

Tolerance tolerance(const Point& point, const ValueRange& range) {
  const DType dtype = point.problem.dtype;
  const Roundings n = roundings_of(point);
  const double u = unit_of(dtype), w = kFp32Unit, d = point.problem.is_softmax() ? 0 : point.problem.head_dim;
  const double score = d > 0 ? (d + 2) * w * range.score_terms : 0;
  const double y = score + n.scores * u * (range.score + score) + 8 * w * (range.score + std::log(n.keys)) + 4 * w +
                   8 * w * n.steps + (n.keys + 2) * w;
  const double relative = 2 * u * (1 + n.probabilities + n.scores + std::sqrt(n.outputs / 2)) + (n.keys + 16) * w;
  if (n.scores > 0 && dtype == DType::fp16 && range.score >= 65504) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {kInfinity, kInfinity, relative};
  }
  const double x = y + n.probabilities * u, lost = n.keys * lost_below_normal(dtype) * range.value;
  const double error = std::min(std::expm1(x + y) * range.mean + lost, 2 * range.value);
  const double r = n.outputs;
  const double rounded = std::min(r * range.mean, r * range.mean_ahead + 2 * range.mean) + r * error;
  return {error + u * std::exp(r * u) * rounded + r * lost_below_normal(dtype),
          y + 8 * w * (1 + range.score + std::log(n.keys)), relative};
}

}  // namespace measure
