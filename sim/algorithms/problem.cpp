#include "sim/algorithms/problem.h"

#include "sim/base/error.h"

namespace sim {

std::string_view name_of(Mask mask) { return mask == Mask::causal ? "causal" : "none"; }

std::string_view name_of(MatmulUnit unit) {
  switch (unit) {
    case MatmulUnit::ffma: return "ffma";
    case MatmulUnit::mma_sync: return "mma_sync";
    case MatmulUnit::wgmma: return "wgmma";
  }
  return "?";
}

namespace {

constexpr std::int32_t kLengthMax = 1 << 24;  // 16 M tokens
constexpr std::int32_t kHeadDimMax = 1024;
constexpr std::int32_t kHeadsMax = 1 << 16;
constexpr std::int64_t kSlicesMax = 1 << 22;    // batch x heads
constexpr std::int64_t kTensorMax = 1LL << 46;  // elements of one tensor

void in_range(const char* flag, std::int64_t value, std::int64_t most) {
  if (value < 1 || value > most) {
    throw Error(flag, "is " + std::to_string(value), "give a number from 1 to " + std::to_string(most));
  }
}

void check_softmax(const Problem& p) {
  in_range("rows", p.rows, kLengthMax);
  in_range("row-length", p.row_length, kLengthMax);
  in_range("rows x row-length", std::int64_t{p.rows} * p.row_length, kTensorMax);
}

void check_attention(const Problem& p) {
  in_range("batch", p.batch, kHeadsMax);
  in_range("heads", p.heads, kHeadsMax);
  in_range("kv-heads", p.kv_heads, p.heads);
  in_range("seqlen-q", p.seqlen_q, kLengthMax);
  in_range("seqlen-kv", p.seqlen_kv, kLengthMax);
  in_range("head-dim", p.head_dim, kHeadDimMax);
  in_range("batch x heads", std::int64_t{p.batch} * p.heads, kSlicesMax);
  in_range("seqlen-q x seqlen-kv x batch x heads", std::int64_t{p.seqlen_q} * p.seqlen_kv,
           kTensorMax / (std::int64_t{p.batch} * p.heads));
  if (p.heads % p.kv_heads != 0) {
    throw Error("kv-heads",
                "is " + std::to_string(p.kv_heads) + ", which does not divide heads = " + std::to_string(p.heads),
                "each K, V head serves the same number of query heads");
  }
}

}  // namespace

Problem checked(Problem problem, bool softmax) {
  if (softmax) {
    check_softmax(problem);
    return problem;
  }
  if (problem.kv_heads == 0) {
    problem.kv_heads = problem.heads;
  }
  if (problem.seqlen_kv == 0) {
    problem.seqlen_kv = problem.seqlen_q;
  }
  check_attention(problem);
  return problem;
}

}  // namespace sim
