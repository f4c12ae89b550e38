// attoscope demo: GPT-2 medium's attention on an A100, four ways, beside the figures that the FlashAttention paper
// published for it.
#include <fmt/format.h>

#include <algorithm>

#include "ui/cli/assets.h"
#include "ui/cli/fields.h"
#include "ui/cli/format.h"
#include "ui/cli/report_json.h"
#include "ui/cli/report_text.h"
#include "ui/cli/verbs.h"

#include "sim/scenario/scenario.h"

namespace cli {
namespace {

constexpr int kWidth = 92;
constexpr const char* kAlgorithms[] = {"standard", "memory_efficient", "flash1", "flash2"};

// Dao et al. 2022, arXiv 2205.14135, Figure 2 left: A100, GPT-2 medium, N 1024, d 64, 16 heads, batch 64.
struct Published {
  const char* name;
  double gflop, gb, ms;
};
constexpr Published kPublished[] = {{"standard attention", 66.6, 40.3, 41.7}, {"FlashAttention", 75.2, 4.4, 7.3}};

sim::Experiment demo_experiment(const char* algorithm) {
  sim::Scenario scenario;
  scenario.algorithm = algorithm;
  scenario.machine = "a100-40gb";
  scenario.problem.batch = 64;
  scenario.problem.heads = 16;
  scenario.problem.seqlen_q = 1024;
  scenario.problem.head_dim = 64;
  return sim::experiment_of(scenario, assets_directory());
}

double gigabytes(const sim::Traffic& t) { return static_cast<double>(t.read_bytes + t.write_bytes + t.reduce_bytes); }

struct Line {
  const char* name;
  const char* unit;
  const char* badge;
  double (*value)(const sim::Report&);
};

constexpr Line kLines[] = {
    {"HBM bytes, as the paper counts", "bytes", "exact", [](const sim::Report& r) { return gigabytes(r.paper); }},
    {"HBM bytes, two-level (no cache)", "bytes", "exact", [](const sim::Report& r) { return gigabytes(r.two_level); }},
    {"DRAM bytes, behind the L2", "bytes", "modelled",
     [](const sim::Report& r) { return static_cast<double>(r.dram_read_bytes + r.dram_write_bytes); }},
    {"peak HBM in use", "bytes", "exact", [](const sim::Report& r) { return static_cast<double>(r.hbm_peak_bytes); }},
    {"matmul", "FLOP", "exact", [](const sim::Report& r) { return static_cast<double>(r.work.matmul_flops); }},
    {"other arithmetic", "FLOP", "exact", [](const sim::Report& r) { return static_cast<double>(r.work.other_flops); }},
    {"exponentials", "exp", "exact", [](const sim::Report& r) { return static_cast<double>(r.work.exps); }},
    {"time", "us", "modelled", [](const sim::Report& r) { return r.time_us; }},
};

std::string value_text(double value, const Line& line) {
  const std::string unit = line.unit;
  return unit == "exp" ? scaled(value, "exp") : with_unit(value, unit);
}

std::string numbers_text(const std::vector<sim::Report>& reports) {
  std::vector<std::string> header = {"forward pass, simulated"}, bounds = {"bound by"};
  for (const sim::Report& report : reports) {
    header.push_back(report.algorithm);
    bounds.push_back(report.bound);
  }
  header.emplace_back("");
  bounds.push_back(badge_text("modelled"));
  Table table(header);
  table.align_left(header.size() - 1);
  for (const Line& line : kLines) {
    std::vector<std::string> row = {line.name};
    for (const sim::Report& report : reports) {
      row.push_back(value_text(line.value(report), line));
    }
    row.push_back(badge_text(line.badge));
    table.add(row);
  }
  table.add(bounds);
  return table.text(0);
}

std::string bars_text(const std::vector<sim::Report>& reports, const Line& line) {
  double most = 0;
  for (const sim::Report& report : reports) {
    most = std::max(most, line.value(report));
  }
  std::string out = fmt::format("\n{} {}\n", painted(Paint::bold, line.name), badge_text(line.badge));
  for (const sim::Report& report : reports) {
    const double value = line.value(report);
    out += fmt::format("  {:<17} {} {}\n", report.algorithm, bar(most > 0 ? value / most : 0, 48),
                       value_text(value, line));
  }
  return out;
}

std::string published_text() {
  Table table({"published (forward + backward, mask, dropout)", "GFLOPs", "HBM", "time", ""});
  for (const Published& p : kPublished) {
    table.add({p.name, fmt::format("{}", p.gflop), fmt::format("{} GB", p.gb), fmt::format("{} ms", p.ms),
               badge_text("measured")});
  }
  return table.text(0) + "  FlashAttention, arXiv 2205.14135, Figure 2 (left): A100, GPT-2 medium, the same sizes\n";
}

std::string comparison_text(const std::vector<sim::Report>& reports) {
  const sim::Report &standard = reports[0], &flash1 = reports[2];
  const Published &slow = kPublished[0], &fast = kPublished[1];
  return wrapped(
      fmt::format(
          "From standard to FlashAttention-1: published {:.1f} times fewer bytes and {:.1f} times less time; here, "
          "forward only, {:.1f} times fewer bytes (as the paper counts) and {:.1f} times less time.",
          slow.gb / fast.gb, slow.ms / fast.ms, gigabytes(standard.paper) / gigabytes(flash1.paper),
          standard.time_us / flash1.time_us),
      0, kWidth);
}

/// What the published figures include; numbers of the matrix follow from the problem.
std::string caveat_text(const sim::Problem& p) {
  const double elements = static_cast<double>(p.slices()) * p.seqlen_q * p.seqlen_kv;
  const double forward_gflop = 4 * elements * p.head_dim / 1e9;
  const double matrix_gb = 2 * elements / 1e9;
  return wrapped(
      fmt::format(
          "What the published figures include and this run does not: the backward pass, a mask and "
          "dropout. In standard attention each of scale, mask and dropout is a kernel that reads and writes the "
          "N x N matrix again, {:.2f} GB a pass for all heads: 40.3 GB is {:.1f} such passes, where the bare "
          "forward pass takes 4 (S and P, written and read). FlashAttention's backward pass recomputes S, hence "
          "more GFLOPs for fewer bytes. The published GFLOPs can't be those of all 1024 heads: their matmuls "
          "alone take {:.0f} GFLOP forward and {:.0f} with backward.",
          matrix_gb, kPublished[0].gb / matrix_gb, forward_gflop, 3.5 * forward_gflop),
      0, kWidth);
}

Json demo_json(const std::vector<sim::Report>& reports) {
  Json runs = Json::array(), published = Json::array();
  for (const sim::Report& report : reports) {
    runs.push_back(report_json(report, {}, true));
  }
  for (const Published& p : kPublished) {
    published.push_back({{"name", p.name},
                         {"gflop", p.gflop},
                         {"hbm_gb", p.gb},
                         {"time_ms", p.ms},
                         {"badge", "measured"},
                         {"source", "arXiv 2205.14135, Figure 2"}});
  }
  return {{"runs", runs}, {"published", published}};
}

int demo(bool json) {
  std::vector<sim::Report> reports;
  for (const char* algorithm : kAlgorithms) {
    reports.push_back(sim::simulate(demo_experiment(algorithm)));
  }
  if (json) {
    print(dumped(demo_json(reports)));
    return 0;
  }
  const sim::Problem& problem = reports[0].problem;
  std::string text = painted(Paint::bold, "GPT-2 medium's attention on an A100: the same result, four ways") + "\n" +
                     problem_text(problem, false) + "\n\n";
  text += numbers_text(reports) + bars_text(reports, kLines[0]) + bars_text(reports, kLines[3]) +
          bars_text(reports, kLines[7]);
  text += "\n" + published_text() + "\n" + comparison_text(reports) + "\n" + caveat_text(problem);
  text +=
      "\nexact: counted, and equal to a closed form ('attoscope explain paper.read_bytes').\n"
      "modelled: from the machine's constants. Next: 'attoscope --help', 'attoscope run --help'.\n";
  print(text);
  return 0;
}

}  // namespace

Action add_demo(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "print JSON");
  return [json] { return demo(*json); };
}

}  // namespace cli
