#include "measure/edge_cases.h"

#include <string>
#include <utility>

#include "measure/entries.h"

namespace measure {
namespace {

using kernels::DType;
using kernels::Problem;

// Queries and keys. Tiles are 16 to 256 rows and chunks up to some thousands.
constexpr std::pair<int, int> kLengths[] = {{1, 1},     {1, 1000},  {16, 16},   {63, 63},   {65, 65},
                                            {127, 129}, {128, 128}, {57, 200},  {200, 57},  {256, 31},
                                            {64, 1},    {300, 300}, {129, 385}, {385, 129}, {513, 2100}};
constexpr std::pair<int, int> kHeads[] = {{8, 8}, {8, 4}, {8, 2}, {8, 1}, {6, 2}};  // query heads, KV heads

void add_both_masks(std::vector<Problem>& all, Problem problem) {
  for (const bool causal : {false, true}) {
    problem.causal = causal;
    all.push_back(problem);
  }
}

std::vector<Problem> attention_problems() {
  std::vector<Problem> all;
  for (const DType dtype : {DType::fp16, DType::bf16}) {
    for (const int head_dim : {64, 128, 256}) {
      Problem p;
      p.dtype = dtype;
      p.head_dim = head_dim;
      p.heads = 2;
      for (const auto& [queries, keys] : kLengths) {
        p.seqlen_q = queries;
        p.seqlen_kv = keys;
        add_both_masks(all, p);
      }
      p.batch = 3;
      p.seqlen_q = 130;
      p.seqlen_kv = 200;
      for (const auto& [heads, kv_heads] : kHeads) {
        p.heads = heads;
        p.kv_heads = kv_heads;
        add_both_masks(all, p);
      }
    }
  }
  return all;
}

std::vector<Problem> softmax_problems() {
  std::vector<Problem> all;
  for (const DType dtype : {DType::fp16, DType::bf16, DType::fp32}) {
    for (const int rows : {1, 3, 257}) {
      for (const int length : {1, 2, 7, 31, 32, 33, 127, 128, 129, 1000, 1023, 1025, 4097, 10007, 65536, 100003}) {
        Problem p;
        p.dtype = dtype;
        p.rows = rows;
        p.row_length = length;
        all.push_back(p);
      }
    }
  }
  return all;
}

}  // namespace

std::vector<Point> edge_cases(const std::vector<std::string>& only) {
  const std::vector<Problem> attention = attention_problems(), softmax = softmax_problems();
  std::vector<Point> points;
  for (const kernels::Entry& entry : all_entries()) {
    if (!selected(only, entry.algorithm, entry.variant)) {
      continue;
    }
    const bool is_softmax = std::string(entry.algorithm).rfind("softmax", 0) == 0;
    for (const Problem& problem : is_softmax ? softmax : attention) {
      for (const kernels::Schedule& schedule : entry.schedules(problem)) {
        if (entry.refusal(problem, schedule).empty()) {
          points.push_back({entry.algorithm, entry.variant, problem, schedule, true});
        }
      }
    }
  }
  return points;
}

}  // namespace measure
