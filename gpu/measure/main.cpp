// attoscope-measure: are the CUDA kernels right, and how fast are they on the card at hand?
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "measure/card.h"
#include "measure/counters.h"
#include "measure/edge_cases.h"
#include "measure/entries.h"
#include "measure/error.h"
#include "measure/grid.h"
#include "measure/reference.h"
#include "measure/run.h"

namespace measure {
namespace {

constexpr int kFailed = 1, kUsage = 2, kNoCard = 3;

struct Options {
  std::string grid, output, profile_order;
  std::vector<std::string> only, merge;
  bool list = false, points = false, check_only = false, grid_only = false, brief = false, again = false,
       metrics = false;
  bool profile = false;
  TimingLimits limits;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("GRID", options.grid, "the grid file, e.g. gpu/measure/grids/attention.json");
  app.add_option("--only", options.only, "only these kernels, e.g. flash2,standard:cublas")->delimiter(',');
  app.add_option("-o,--output", options.output, "the measurement file; what it holds already is not measured again");
  app.add_option("--samples", options.limits.samples, "most samples of a point")->check(CLI::Range(1, 100000));
  app.add_option("--seconds", options.limits.seconds, "most seconds of samples of a point")
      ->check(CLI::Range(0.0, 1e6));
  app.add_flag("--again", options.again, "measure also what the measurement file holds already");
  app.add_flag("--check-only", options.check_only,
               "only check: the grid's points and a list of edge cases, each with every kind of inputs");
  app.add_flag("--grid-only", options.grid_only, "with --check-only: without the edge cases");
  app.add_flag("--brief", options.brief, "with --check-only: two kinds of inputs, for compute-sanitizer");
  app.add_flag("--profile", options.profile, "run each point once, for Nsight Compute: see gpu/measure.sh");
  app.add_option("--order", options.profile_order, "with --profile: where the order of the points goes");
  app.add_option("--merge-counters", options.merge, "CSV of Nsight Compute and order of the points; into -o")
      ->expected(2);
  app.add_flag("--metrics", options.metrics, "print the metrics that are merged, and end");
  app.add_flag("--list", options.list, "print the kernels, and end");
  app.add_flag("--points", options.points, "print the grid's points, and end");
}

int list_entries() {
  for (const kernels::Entry& entry : all_entries()) {
    std::cout << label(entry.algorithm, entry.variant) << ": " << entry.title << "\n";
  }
  return 0;
}

int list_points(const Grid& grid) {
  int held = 0;
  for (const Point& point : grid.points) {
    std::cout << text(point) << (held_back(point.problem) ? " | held back" : "") << "\n";
    held += held_back(point.problem) ? 1 : 0;
  }
  std::cerr << grid.points.size() << " points, " << held << " held back, " << grid.skipped.size() << " refused\n";
  return 0;
}

void require_known(const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    bool known = false;
    for (const kernels::Entry& entry : all_entries()) {
      known = known || name == entry.algorithm || name == label(entry.algorithm, entry.variant);
    }
    if (!known) {
      throw Error("--only", "there is no kernel '" + name + "'", "known: " + known_entries());
    }
  }
}

int merge(const Options& options) {
  if (options.output.empty()) {
    throw Error("--merge-counters", "needs -o, the measurement file");
  }
  std::cerr << merge_counters(options.merge[0], options.merge[1], options.output) << " points got counters\n";
  return 0;
}

Grid grid_of(const Options& options) {
  Grid grid = options.grid.empty() ? Grid{} : read_grid(options.grid, options.only);
  for (const std::string& line : grid.skipped) {
    std::cerr << "skipped: " << line << "\n";
  }
  return grid;
}

int run_on_card(const Options& options) {
  const Card card;
  std::vector<Point> points = grid_of(options).points;
  if (options.profile) {
    profile_points(card, points, options.profile_order);
    return 0;
  }
  check_reference(card.stream());
  if (options.check_only) {
    if (!options.grid_only) {
      const std::vector<Point> edges = edge_cases(options.only);
      points.insert(points.end(), edges.begin(), edges.end());
    }
    return check_points(card, points, !options.brief) == 0 ? 0 : kFailed;
  }
  return measure_points(card, points, {options.limits, options.output, options.again}) == 0 ? 0 : kFailed;
}

int run(const Options& options) {
  require_known(options.only);
  if (options.list) {
    return list_entries();
  }
  if (options.metrics) {
    std::cout << metric_names();
    return 0;
  }
  if (!options.merge.empty()) {
    return merge(options);
  }
  if (options.grid.empty() && !options.check_only) {
    throw Error("GRID", "no grid file was named", "e.g. gpu/measure/grids/attention.json, or --check-only, --list");
  }
  if (options.profile && options.profile_order.empty()) {
    throw Error("--profile", "needs --order FILE", "merging reads it");
  }
  return options.points ? list_points(grid_of(options)) : run_on_card(options);
}

}  // namespace
}  // namespace measure

int main(int argc, char** argv) {
  measure::Options options;
  CLI::App app("Checks the CUDA kernels against double precision, then times them.", "attoscope-measure");
  measure::add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return measure::run(options);
  } catch (const measure::NoCard& error) {
    std::cerr << "attoscope-measure: " << error.what() << "\n";
    return measure::kNoCard;
  } catch (const measure::Error& error) {
    std::cerr << "attoscope-measure: " << error.what() << "\n";
    return measure::kUsage;
  } catch (const std::exception& error) {
    std::cerr << "attoscope-measure: " << error.what() << "\n";
    return measure::kFailed;
  }
}
