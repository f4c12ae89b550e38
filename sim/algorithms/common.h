// What the attention plans share: their tensors, the unit that multiplies, and block sizes that fit.
#pragma once

#include <functional>

#include "sim/algorithms/algorithms.h"

namespace sim {

/// Q, K, V and O as a plan's first four tensors, with one slice of the grid per query head.
struct AttentionTensors {
  Tensor Q, K, V, O;
};
AttentionTensors add_attention_tensors(Plan& plan, const Problem& problem);

/// X and Y of the softmax algorithms, as a plan's first two tensors.
struct SoftmaxTensors {
  Tensor X, Y;
};
SoftmaxTensors add_softmax_tensors(Plan& plan, const Problem& problem);

/// 1 / sqrt(d).
float softmax_scale(const Problem& problem);

/// FP32 operands go to the FMA lanes, 16-bit ones to the tensor cores.
MatmulUnit matmul_unit(const Problem& problem);

/// `given`, or where that is 0 `fallback`, but no more than `length`, the most that makes sense.
std::int32_t choose(std::int32_t given, std::int32_t fallback, std::int32_t length);

/// Kernel::same_work_as of a grid that cuts `length` rows into blocks of `height`: all do the same but a ragged last.
std::function<std::int32_t(std::int32_t)> all_but_ragged(std::int32_t length, std::int32_t height);
/// The same of a row-major grid of tiles.
std::function<std::int32_t(std::int32_t)> all_but_ragged(Shape whole, Shape tile);

using PlanFunction = Plan (*)(const Problem&, const Schedule&, const Machine&);

/// `schedule`, with the block sizes that `given` leaves open halved, the larger first, until every kernel of the plan
/// fits the machine. If it never does, or the user gave both, it is returned as it is: running it then says what
/// does not fit.
Schedule shrink_to_fit(const Problem& problem, const Schedule& given, Schedule schedule, const Machine& machine,
                       PlanFunction plan);

}  // namespace sim
