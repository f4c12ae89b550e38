// The middle kernel of standard attention, P = softmax(S), for own and for library products.
#pragma once

#include "kernels/kernels.h"

namespace kernels {

/// Threads of a block of the softmax.
constexpr int kSoftmaxWarps = 4;

/// The simulator's rule for this card: about 16 KB of rows, at most 16.
int softmax_rows_a_block(const Problem& problem);
std::int64_t softmax_blocks(const Problem& problem);

/// S and P are [slices, seqlen_q, pitch], of the problem's type; a row begins at a multiple of 16 bytes.
int pitch_of_scores(const Problem& problem);

/// Of S, or of P, up to a multiple of 256.
std::size_t bytes_of_scores(const Problem& problem);

/// What lies beyond a row's keys is passed over in S, and becomes 0 in P.
void launch_softmax(const Problem& problem, const void* S, void* P, cudaStream_t stream);

}  // namespace kernels
