// The right answer in double precision, row by row, on the card: the definition, written without any tiling. The same
// loops on the CPU check it once a run.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/bound.h"
#include "measure/card.h"
#include "measure/point.h"

namespace measure {

struct Rows {
  std::int64_t width = 0;
  std::vector<double> values;  ///< [rows][width]
  std::vector<double> lse;     ///< attention only: ln sum e^score; -infinity for a row that sees no key
  ValueRange range;            ///< over these rows
};

/// Row r of the result is query r mod seqlen_q of slice r / seqlen_q, or row r of a softmax.
Rows reference_rows(const kernels::Problem& problem, const kernels::Tensors& tensors,
                    const std::vector<std::int64_t>& rows, cudaStream_t stream);

/// These rows of a result of the card, [rows][width], as numbers.
std::vector<float> gather_rows(kernels::DType dtype, const void* result, std::int64_t width,
                               const std::vector<std::int64_t>& rows, cudaStream_t stream);

/// Throws std::runtime_error unless reference_rows agrees with loops on the CPU on small cases.
void check_reference(cudaStream_t stream);

}  // namespace measure
