// Tables of `attoscope validate`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/cli/format.h"
#include "ui/cli/validate_output.h"

namespace cli {
namespace {

constexpr int kWidth = 100;

std::string section(const std::string& title) { return "\n" + painted(Paint::bold, title) + "\n"; }

std::string percent(double fraction) { return fmt::format("{:.1f} %", 100 * fraction); }

std::string badge_of(bool exact) { return badge_text(exact ? "exact" : "modelled"); }

std::string files_text(const Validation& v) {
  std::string out = painted(Paint::bold, fmt::format("Simulated against measured: {}", v.machine.name)) + "\n";
  for (const auto& [key, value] : v.overrides) {
    out += fmt::format("Machine   {} = {} (overridden)\n", key, value);
  }
  for (const sim::Mechanism* mechanism : v.without) {
    out += fmt::format("Without   {}: {}\n", mechanism->name, mechanism->text);
  }
  constexpr int kIndent = 10;
  for (const sim::MeasurementFile& file : v.files) {
    const std::string line = fmt::format("{}, driver {}, CUDA {}, {}: {} points. {}", file.card.name, file.driver,
                                         file.toolkit, file.date, file.points.size(), file.conditions);
    out += "Measured  " + wrapped(line, kIndent, kWidth).substr(kIndent);
  }
  return out;
}

std::string skipped_text(const sim::Selection& s) {
  std::string out;
  const auto line = [&](std::size_t count, const char* what) {
    out += count > 0 ? fmt::format("  {} {}\n", count, what) : "";
  };
  line(s.baselines, "points are baselines: other programs than the simulator's");
  line(s.unchecked, "points failed their check: wrong results have no time");
  line(s.warm, "points start with a warm L2; the simulator's is empty at first");
  return out.empty() ? "" : section("Not compared") + out;
}

std::vector<std::string> cells_of(const sim::ErrorSummary& errors) {
  if (errors.points == 0) {
    return {"0", "-"};
  }
  return {fmt::format("{}", errors.points), percent(errors.mean_abs)};
}

std::string worst_text(const sim::ErrorSummary& errors) {
  return errors.worst == nullptr ? "-" : short_problem_text(*errors.worst->at.point);
}

std::string summaries_text(const std::vector<sim::AlgorithmSummary>& summaries) {
  Table table({"algorithm", "points", "mean |error|", "mean", "worst", "held back", "mean |error|", "others",
               "mean |error|", "worst is"});
  table.align_left(9);
  for (const sim::AlgorithmSummary& s : summaries) {
    if (s.algorithm == "all") {
      table.rule();
    }
    std::vector<std::string> row = {s.algorithm};
    const auto append = [&](const std::vector<std::string>& cells) {
      row.insert(row.end(), cells.begin(), cells.end());
    };
    append(cells_of(s.all));
    append({s.all.points > 0 ? error_text(s.all.mean) : "-", s.all.points > 0 ? error_text(s.all.worst_error) : "-"});
    append(cells_of(s.held_back));
    append(cells_of(s.rest));
    append({worst_text(s.all)});
    table.add(row);
  }
  return table.text();
}

std::string brief_text(const std::vector<sim::AlgorithmSummary>& summaries) {
  Table table({"up to 20 us", "points", "mean |error|", "mean", "worst", "worst is"});
  table.align_left(5);
  bool any = false;
  for (const sim::AlgorithmSummary& s : summaries) {
    if (s.brief.points > 0) {
      any = true;
      table.add({s.algorithm, fmt::format("{}", s.brief.points), percent(s.brief.mean_abs), error_text(s.brief.mean),
                 error_text(s.brief.worst_error), worst_text(s.brief)});
    }
  }
  return any ? "\n" + table.text() : "";
}

std::string judged_text(const Validation& v) {
  const auto times = sim::summarise(v.comparisons, sim::error_of_time);
  std::string out =
      section("Time above 20 us: simulated " + badge_text("modelled") + ", measured " + badge_text("measured"));
  out += summaries_text(times) + brief_text(times);
  if (v.cycles) {
    out += section("Cycles above 20 us, at the measured clock: simulated " + badge_text("modelled") + ", measured " +
                   badge_text("measured"));
    out += summaries_text(sim::summarise(v.comparisons, sim::error_of_cycles));
  }
  return out + "  error: simulated / measured - 1. Held back: points not looked at while the model was made.\n";
}

std::string points_text(const std::vector<const sim::Comparison*>& points, bool cycles) {
  std::vector<std::string> header = {"algorithm", "problem", "schedule", "", "measured", "simulated", "error", "bound"};
  if (cycles) {
    header.insert(header.end(), {"cycles, measured", "simulated", "error"});
  }
  Table table(header);
  for (const std::size_t column : {1, 2, 3, 7}) {
    table.align_left(column);
  }
  for (const sim::Comparison* c : points) {
    const sim::MeasuredPoint& point = *c->at.point;
    std::vector<std::string> row = {point.algorithm,
                                    short_problem_text(point),
                                    short_schedule_text(point.schedule),
                                    point.held_back ? "held back" : "",
                                    time_text(c->measured_us),
                                    time_text(c->simulated_us),
                                    error_text(c->error),
                                    c->bound};
    if (c->cycles) {
      row.insert(row.end(), {thousands(std::llround(c->cycles->measured)) + (c->cycles->from_counters ? "" : "*"),
                             thousands(std::llround(c->cycles->simulated)), error_text(c->cycles->error)});
    }
    table.add(row);
  }
  return table.text() + (cycles ? "  * measured time x measured clock; else counted by sm__cycles_elapsed\n" : "");
}

std::string listed_points_text(const Validation& v, std::size_t worst, bool all_points) {
  std::vector<const sim::Comparison*> listed;
  for (const sim::Comparison& comparison : v.comparisons) {
    if (comparison.failure.empty() && (all_points || comparison.measured_us > sim::kBriefUs)) {
      listed.push_back(&comparison);
    }
  }
  if (!all_points) {
    std::stable_sort(listed.begin(), listed.end(),
                     [](const auto* a, const auto* b) { return std::abs(a->error) > std::abs(b->error); });
    listed.resize(std::min(listed.size(), worst));
  }
  if (listed.empty()) {
    return "";
  }
  const std::string title = all_points ? "All points" : "Largest errors";
  return section(title + ": simulated " + badge_text("modelled") + ", measured " + badge_text("measured")) +
         points_text(listed, v.cycles);
}

std::string counters_text(const Validation& v) {
  Table table({"algorithm", "counter", "simulated", "points", "mean |error|", "mean", "worst", "worst is"});
  for (const std::size_t column : {1, 2, 7}) {
    table.align_left(column);
  }
  const std::vector<sim::CounterSummary> summaries = sim::summarise_counters(v.comparisons);
  for (const sim::CounterSummary& s : summaries) {
    table.add({s.algorithm, s.counter, badge_of(s.exact), fmt::format("{}", s.errors.points),
               percent(s.errors.mean_abs), error_text(s.errors.mean), error_text(s.errors.worst_error),
               worst_text(s.errors)});
  }
  return section("Counters against Nsight Compute " + badge_text("measured")) +
         (summaries.empty() ? "  No point has counters.\n"
                            : table.text() + "  dram_write_bytes: where more is written than the L2 holds.\n");
}

std::string ablations_text(const Validation& v) {
  std::vector<std::string> header = {"switched off"};
  for (const sim::Ablation::Row& row : v.ablations[0].rows) {
    header.push_back(row.algorithm);
  }
  header.emplace_back("");
  Table table(header);
  table.align_left(header.size() - 1);
  for (const sim::Ablation& ablation : v.ablations) {
    std::vector<std::string> row = {ablation.off == nullptr ? "nothing" : ablation.off->name};
    for (const sim::Ablation::Row& algorithm : ablation.rows) {
      row.push_back(
          algorithm.points > 0 ? fmt::format("{} ({})", percent(algorithm.mean_abs), error_text(algorithm.mean)) : "-");
    }
    row.push_back(ablation.off == nullptr ? "" : ablation.off->text);
    table.add(row);
  }
  return section(fmt::format("Ablation: mean |error| of {} above 20 us (mean error) ", v.cycles ? "cycles" : "time") +
                 badge_text("modelled")) +
         table.text();
}

std::string failures_text(const Validation& v) {
  std::string out;
  for (const sim::Comparison& c : v.comparisons) {
    if (!c.failure.empty()) {
      out += fmt::format("  {} {}, {}: {}\n", c.at.point->algorithm, short_problem_text(*c.at.point),
                         short_schedule_text(c.at.point->schedule), c.failure);
    }
  }
  return out.empty() ? "" : section("Points that can't be simulated") + out;
}

}  // namespace

std::string short_problem_text(const sim::MeasuredPoint& point) {
  const sim::Problem& p = point.problem;
  if (sim::find_algorithm(point.algorithm).softmax) {
    return fmt::format("{} x {}  {}", p.rows, p.row_length, sim::name_of(p.dtype));
  }
  const auto pair = [](int a, int b) { return a == b ? fmt::format("{}", a) : fmt::format("{}/{}", a, b); };
  return fmt::format("B {}  H {}  N {}  d {}  {}{}", p.batch, pair(p.heads, p.kv_heads), pair(p.seqlen_q, p.seqlen_kv),
                     p.head_dim, sim::name_of(p.dtype), p.mask == sim::Mask::causal ? "  causal" : "");
}

std::string short_schedule_text(const sim::Schedule& s) {
  return fmt::format("{}x{}  stages {}  warps {}{}{}", s.block_q, s.block_kv, s.stages, s.warps,
                     s.splits > 0 ? fmt::format("  splits {}", s.splits) : "",
                     s.tile > 0 ? fmt::format("  tile {}", s.tile) : "");
}

std::string error_text(double error) { return fmt::format("{:+.1f} %", 100 * error); }

std::string validation_text(const Validation& v, std::size_t worst, bool all_points) {
  std::string out = files_text(v) + judged_text(v) + listed_points_text(v, worst, all_points);
  out += v.counters ? counters_text(v) : "";
  out += v.ablations.empty() ? "" : ablations_text(v);
  return out + failures_text(v) + skipped_text(v.selection);
}

}  // namespace cli
