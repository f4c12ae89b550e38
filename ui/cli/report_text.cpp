#include "ui/cli/report_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "ui/cli/format.h"

namespace cli {
namespace {

constexpr int kWidth = 100;

std::string section(const std::string& title, std::string_view badge) {
  return fmt::format("\n{} {}\n", painted(Paint::bold, title), badge_text(badge));
}

/// "4,587,520 B  4.59 MB"
std::string bytes_exact(std::int64_t bytes) {
  return bytes < 1000 ? fmt::format("{} B", bytes)
                      : fmt::format("{} B ({})", thousands(bytes), scaled(static_cast<double>(bytes), "B"));
}

std::string schedule_text(const sim::Schedule& filled, const sim::Schedule& given) {
  bool defaulted = false;
  const auto entry = [&](const char* name, std::int64_t value, std::int64_t wanted) {
    defaulted = defaulted || wanted == 0;
    const char* mark = wanted == 0 ? "*" : wanted != value ? "!" : "";
    return fmt::format("{} {}{}", name, value, mark);
  };
  std::string text =
      fmt::format("{}, {}, {}, {}", entry("block_q", filled.block_q, given.block_q),
                  entry("block_kv", filled.block_kv, given.block_kv), entry("stages", filled.stages, given.stages),
                  entry("warps", filled.warps, given.warps));
  if (filled.splits > 0) {
    text += ", " + entry("splits", filled.splits, given.splits);
  }
  if (filled.tile > 0) {
    text += ", " + entry("tile", filled.tile, given.tile);
  }
  const bool changed = text.find('!') != std::string::npos;
  return text + (defaulted ? "   (* default)" : "") + (changed ? "   (! cut down to the problem)" : "");
}

std::string kernels_text(const sim::Report& report, bool timing) {
  Table table({"kernel", "grid", "blocks/SM", "limit", "waves", "SMEM/block", "regs/thread", "time", "bound"});
  for (const std::size_t column : {3, 8}) {
    table.align_left(column);
  }
  for (const sim::KernelReport& k : report.kernels) {
    table.add({k.name, thousands(k.grid), fmt::format("{}", k.blocks_per_sm), k.occupancy_limit,
               fmt::format("{:.2f}", k.waves), fmt::format("{} B", thousands(k.smem_bytes_per_block)),
               fmt::format("{}", k.registers_per_thread), timing ? time_text(k.time_us) : "-", timing ? k.bound : "-"});
  }
  return section("Kernels", "modelled") + table.text() + "  grid and SMEM/block are exact\n";
}

std::string traffic_text(const sim::Report& report) {
  const bool reduces = report.two_level.reduce_bytes > 0;
  const auto cells = [&](const std::string& name, const sim::Traffic& t) {
    std::vector<std::string> row = {name, bytes_exact(t.read_bytes), bytes_exact(t.write_bytes)};
    if (reduces) {
      row.push_back(bytes_exact(t.reduce_bytes));
    }
    return row;
  };
  Table table(reduces ? std::vector<std::string>{"HBM", "read", "written", "reduced"}
                      : std::vector<std::string>{"HBM", "read", "written"});
  for (const auto& [name, traffic] : report.by_tensor) {
    table.add(cells(name, traffic));
  }
  table.rule();
  table.add(cells("two_level", report.two_level));
  table.add(cells("paper", report.paper));
  return section("Bytes by tensor", "exact") + table.text() +
         "  two_level: what the tiles move when SMEM, empty at first, is the only cache.\n"
         "  paper: the same, but each kernel of `standard` reads each operand once.\n";
}

std::string memory_text(const sim::Report& r) {
  Table table({"behind a modelled L2", "read", "written"});
  const auto scaled_bytes = [](std::int64_t bytes) { return scaled(static_cast<double>(bytes), "B"); };
  table.add({"SMs <-> L2", scaled_bytes(r.l2_read_bytes), scaled_bytes(r.l2_write_bytes)});
  table.add({"L2 <-> DRAM", scaled_bytes(r.dram_read_bytes), scaled_bytes(r.dram_write_bytes)});
  return section("L2 and DRAM", "modelled") + table.text() +
         fmt::format("  L2 hit rate {:.1f} % of read bytes; {} written and still in L2 at the end\n",
                     100 * r.l2_hit_rate, scaled_bytes(r.dram_dirty_bytes));
}

std::string chip_text(const sim::Report& r) {
  const sim::Work& w = r.work;
  const auto count = [](std::int64_t value, const char* unit) {
    return value < 1000 ? fmt::format("{} {}", value, unit)
                        : fmt::format("{} ({})", thousands(value), scaled(static_cast<double>(value), unit));
  };
  Table table({"", ""});
  table.add({"matmul", count(w.matmul_flops, "FLOP")});
  table.add({"other arithmetic", count(w.other_flops, "FLOP")});
  table.add({"exponentials", count(w.exps, "exp")});
  table.add({"matmul operands from SMEM", bytes_exact(w.smem_operand_bytes)});
  table.add({"SMEM of one block, peak", bytes_exact(r.smem_peak_bytes_per_block)});
  table.add({"HBM in use, peak", bytes_exact(r.hbm_peak_bytes)});
  return section("Work and memory", "exact") + table.text();
}

std::string bars_text(const std::vector<std::pair<std::string, double>>& fractions) {
  int width = 0;
  for (const auto& [name, fraction] : fractions) {
    width = std::max(width, display_width(name));
  }
  std::string out;
  for (const auto& [name, fraction] : fractions) {
    const std::string blanks(static_cast<std::size_t>(width - display_width(name)), ' ');
    out += fmt::format("  {}{}  {} {:5.1f} %\n", name, blanks, bar(fraction, 40), 100 * fraction);
  }
  return out;
}

std::string time_section(const sim::Report& r) {
  const double tflops = r.time_us > 0 ? static_cast<double>(r.work.matmul_flops) / r.time_us / 1e6 : 0;
  std::string out = section("Time", "modelled");
  out += fmt::format("  {}   {} clocks   {:.1f} TFLOP/s of matmul   bound by {}\n",
                     painted(Paint::bold, time_text(r.time_us)), thousands(static_cast<std::int64_t>(r.cycles)), tflops,
                     painted(Paint::bold, r.bound));
  if (!r.utilisation.empty()) {
    out += section("Utilisation: busy part of the time", "modelled") + bars_text(r.utilisation);
  }
  if (!r.waits.empty()) {
    out += section("What blocks spend their time on", "modelled") + bars_text(r.waits);
  }
  return out;
}

std::string check_text(const sim::CheckReport& c, bool softmax) {
  const std::string verdict = c.passed ? painted(Paint::green, "passed") : painted(Paint::red, "FAILED");
  const std::string lse = softmax ? "" : fmt::format("; of LSE {:.3g}", c.max_abs_error_lse);
  return section("Check", "exact") +
         fmt::format("  {}: largest |error| {:.3g}, bound {:.3g}{}; slices computed: {}\n  against {}\n", verdict,
                     c.max_abs_error, c.tolerance, lse, c.slices_checked, c.reference);
}

}  // namespace

std::string problem_text(const sim::Problem& p, bool softmax) {
  if (softmax) {
    return fmt::format("rows {}, row_length {}, {}", p.rows, p.row_length, sim::name_of(p.dtype));
  }
  return fmt::format("batch {}, heads {}, kv_heads {}, seqlen_q {}, seqlen_kv {}, head_dim {}, {}, mask {}", p.batch,
                     p.heads, p.kv_heads, p.seqlen_q, p.seqlen_kv, p.head_dim, sim::name_of(p.dtype),
                     sim::name_of(p.mask));
}

std::string heading_text(const sim::Report& report, const sim::Schedule& given, const Overrides& overrides) {
  const sim::Algorithm& algorithm = sim::find_algorithm(report.algorithm);
  std::string out = painted(Paint::bold, fmt::format("{} on {}", report.algorithm, report.machine)) +
                    fmt::format("   {}; {}\n", algorithm.title, algorithm.source);
  constexpr int kIndent = 10;
  out += "Problem   " + wrapped(problem_text(report.problem, algorithm.softmax), kIndent, kWidth).substr(kIndent);
  out += "Schedule  " + schedule_text(report.schedule, given) + "\n";
  for (const auto& [key, value] : overrides) {
    out += fmt::format("Machine   {} = {} (overridden)\n", key, value);
  }
  return out;
}

std::string report_text(const sim::Report& report, bool timing) {
  std::string out = kernels_text(report, timing) + traffic_text(report);
  out += timing ? memory_text(report) : "";
  out += chip_text(report);
  out += timing ? time_section(report) : "\nNot timed (--no-timing).\n";
  if (report.check) {
    out += check_text(*report.check, sim::find_algorithm(report.algorithm).softmax);
  }
  return out;
}

}  // namespace cli
