#include "sim/analysis/quantities.h"

#include <fmt/format.h>

namespace sim {

namespace {

class Collector {
 public:
  explicit Collector(bool timing) : timing_(timing) {}

  template <typename T>
  void exact(const std::string& path, T value) {
    all_.push_back({path, static_cast<double>(value), true});
  }
  template <typename T>
  void modelled(const std::string& path, T value) {
    all_.push_back({path, static_cast<double>(value), false});
  }
  /// Modelled, and there only if the run was placed in time.
  template <typename T>
  void timed(const std::string& path, T value) {
    if (timing_) {
      modelled(path, value);
    }
  }
  void traffic(const std::string& path, const Traffic& t) {
    exact(path + ".read_bytes", t.read_bytes);
    exact(path + ".write_bytes", t.write_bytes);
    exact(path + ".reduce_bytes", t.reduce_bytes);
  }
  void fractions(const std::string& path, const std::vector<std::pair<std::string, double>>& parts) {
    for (const auto& [name, part] : parts) {
      modelled(path + "." + name, part);
    }
  }
  std::vector<NamedNumber> take() { return std::move(all_); }

 private:
  bool timing_;
  std::vector<NamedNumber> all_;
};

void add_problem(const Report& report, Collector& out) {
  const Problem& p = report.problem;
  if (find_algorithm(report.algorithm).softmax) {
    out.exact("problem.rows", p.rows);
    out.exact("problem.row_length", p.row_length);
    return;
  }
  out.exact("problem.batch", p.batch);
  out.exact("problem.heads", p.heads);
  out.exact("problem.kv_heads", p.kv_heads);
  out.exact("problem.seqlen_q", p.seqlen_q);
  out.exact("problem.seqlen_kv", p.seqlen_kv);
  out.exact("problem.head_dim", p.head_dim);
}

void add_schedule(const Schedule& s, Collector& out) {
  out.exact("schedule.block_q", s.block_q);
  out.exact("schedule.block_kv", s.block_kv);
  out.exact("schedule.stages", s.stages);
  out.exact("schedule.warps", s.warps);
  out.exact("schedule.splits", s.splits);
  out.exact("schedule.tile", s.tile);
}

void add_kernels(const Report& report, Collector& out) {
  for (std::size_t n = 0; n < report.kernels.size(); ++n) {
    const KernelReport& k = report.kernels[n];
    const std::string path = fmt::format("kernels.{}.", n);
    out.exact(path + "grid", k.grid);
    out.modelled(path + "blocks_per_sm", k.blocks_per_sm);
    out.modelled(path + "waves", k.waves);
    out.exact(path + "smem_bytes_per_block", k.smem_bytes_per_block);
    out.modelled(path + "registers_per_thread", k.registers_per_thread);
    out.exact(path + "threads_per_block", k.threads_per_block);
    out.timed(path + "time_us", k.time_us);
  }
}

void add_bytes(const Report& report, Collector& out) {
  out.exact("paper.read_bytes", report.paper.read_bytes);
  out.exact("paper.write_bytes", report.paper.write_bytes);
  out.traffic("two_level", report.two_level);
  for (const auto& [name, traffic] : report.by_tensor) {
    out.traffic("two_level.by_tensor." + name, traffic);
  }
  out.timed("l2.read_bytes", report.l2_read_bytes);
  out.timed("l2.write_bytes", report.l2_write_bytes);
  out.timed("l2.hit_rate", report.l2_hit_rate);
  out.timed("dram.read_bytes", report.dram_read_bytes);
  out.timed("dram.write_bytes", report.dram_write_bytes);
  out.timed("dram.dirty_bytes", report.dram_dirty_bytes);
}

void add_chip(const Report& report, Collector& out) {
  out.exact("smem.peak_bytes_per_block", report.smem_peak_bytes_per_block);
  out.exact("smem.operand_bytes", report.work.smem_operand_bytes);
  out.modelled("registers.per_thread", report.registers_per_thread);
  out.exact("hbm_peak_bytes", report.hbm_peak_bytes);
  out.exact("flops.matmul", report.work.matmul_flops);
  out.exact("flops.other", report.work.other_flops);
  out.exact("flops.exp", report.work.exps);
  out.exact("flops.tensor_instructions", report.work.tensor_instructions);
}

void add_time(const Report& report, Collector& out) {
  out.timed("cycles", report.cycles);
  out.timed("time_us", report.time_us);
  out.fractions("utilisation", report.utilisation);
  out.fractions("waits", report.waits);
}

void add_check(const std::optional<CheckReport>& check, Collector& out) {
  if (check) {
    out.exact("check.max_abs_error", check->max_abs_error);
    out.exact("check.max_abs_error_lse", check->max_abs_error_lse);
    out.exact("check.tolerance", check->tolerance);
    out.exact("check.slices_checked", check->slices_checked);
  }
}

}  // namespace

std::vector<NamedNumber> quantities(const Report& report, bool timing) {
  Collector out(timing);
  add_problem(report, out);
  add_schedule(report.schedule, out);
  add_kernels(report, out);
  add_bytes(report, out);
  add_chip(report, out);
  add_time(report, out);
  add_check(report.check, out);
  return out.take();
}

}  // namespace sim
