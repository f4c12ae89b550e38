// FlashAttention-2, forward pass: what the harness sees of it. The kernel is in flash2.cuh.
#include "kernels/flash2.h"

#include <algorithm>
#include <optional>

namespace kernels {
namespace {

using flash2::Compiled;

std::vector<Compiled> compiled_for(const Problem& problem) {
  switch (problem.head_dim) {
    case 64: return flash2::head_dim_64();
    case 128: return flash2::head_dim_128();
    case 256: return flash2::head_dim_256();
    default: return {};
  }
}

/// Tiles no longer than the sequences, as the simulator has them: a block of 128 rows with 100 to do is one of 100.
Schedule cut(Schedule schedule, const Problem& problem) {
  schedule.block_q = std::min(schedule.block_q, problem.seqlen_q);
  schedule.block_kv = std::min(schedule.block_kv, problem.seqlen_kv);
  return schedule;
}

std::optional<Compiled> find(const Problem& problem, const Schedule& schedule) {
  const std::vector<Compiled> all = compiled_for(problem);
  auto found = std::find_if(all.begin(), all.end(), [&](const Compiled& c) { return c.schedule == schedule; });
  if (found == all.end()) {
    found = std::find_if(all.begin(), all.end(),
                         [&](const Compiled& c) { return cut(c.schedule, problem) == cut(schedule, problem); });
  }
  return found == all.end() ? std::nullopt : std::optional(*found);
}

std::string words(const Schedule& s) {
  return "block_q " + std::to_string(s.block_q) + " block_kv " + std::to_string(s.block_kv) + " stages " +
         std::to_string(s.stages) + " warps " + std::to_string(s.warps);
}

std::string refusal(const Problem& problem, const Schedule& schedule) {
  if (problem.is_softmax() || problem.dtype == DType::fp32) {
    return "flash2 runs attention in fp16 and bf16 only";
  }
  if (problem.seqlen_q < 1 || problem.seqlen_kv < 1 || problem.kv_heads < 1 || problem.heads % problem.kv_heads != 0) {
    return "flash2 wants queries, keys, and heads in whole groups: seqlen_q " + std::to_string(problem.seqlen_q) +
           ", seqlen_kv " + std::to_string(problem.seqlen_kv) + ", heads " + std::to_string(problem.heads) +
           ", kv_heads " + std::to_string(problem.kv_heads);
  }
  constexpr int kMostSlices = 65535;  // of a grid's y
  if (problem.slices() > kMostSlices) {
    return "batch x heads is " + std::to_string(problem.slices()) + "; flash2 runs up to " +
           std::to_string(kMostSlices);
  }
  const std::vector<Compiled> all = compiled_for(problem);
  if (all.empty()) {
    return "head_dim " + std::to_string(problem.head_dim) + " is not compiled; flash2 has 64, 128, 256";
  }
  if (find(problem, schedule)) {
    return "";
  }
  std::string text =
      words(schedule) + " is not compiled for head_dim " + std::to_string(problem.head_dim) + "; there is";
  for (const Compiled& c : all) {
    text += (&c == &all.front() ? " " : ", ") + words(c.schedule);
  }
  return text;
}

Schedule fill_in(const Problem& problem, const Schedule& given) {
  Schedule s;
  s.block_q = given.block_q > 0 ? given.block_q : 128;
  s.block_kv = given.block_kv > 0 ? given.block_kv : (problem.head_dim <= 64 ? 128 : 64);
  s.stages = given.stages > 0 ? given.stages : 1;
  s.warps = given.warps > 0 ? given.warps : (problem.head_dim <= 128 ? 4 : 8);
  return cut(s, problem);
}

std::vector<Schedule> schedules(const Problem& problem) {
  std::vector<Schedule> result;
  for (const Compiled& c : compiled_for(problem)) {
    const Schedule schedule = cut(c.schedule, problem);
    if (std::find(result.begin(), result.end(), schedule) == result.end()) {
      result.push_back(schedule);
    }
  }
  return result;
}

std::size_t workspace_bytes(const Problem&, const Schedule&) { return 0; }

std::vector<Launch> launches(const Problem& problem, const Schedule& schedule) {
  return {{"flash2", std::int64_t{ceil_div(problem.seqlen_q, schedule.block_q)} * problem.slices()}};
}

void run(const Problem& problem, const Schedule& schedule, const Tensors& tensors, void*, cudaStream_t stream) {
  const Compiled compiled = find(problem, schedule).value();
  (problem.dtype == DType::fp16 ? compiled.fp16 : compiled.bf16)(problem, tensors, stream);
}

}  // namespace

std::vector<Entry> flash2_entries() {
  return {{"flash2", "", "FlashAttention-2, forward: mma.sync, cp.async", refusal, fill_in, schedules, workspace_bytes,
           launches, run}};
}

}  // namespace kernels
