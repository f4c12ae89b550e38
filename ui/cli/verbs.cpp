#include "ui/cli/verbs.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace cli {
namespace {

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      flags.push_back("-" + name);
    }
  }
  return flags;
}

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      {"run", "Simulate one algorithm on one machine",
       "attoscope run --algorithm flash2 --machine a100-40gb --heads 16 --seqlen-q 1024 --head-dim 64 --check",
       add_run},
      {"compare", "Simulate several algorithms, or one on several machines, side by side",
       "attoscope compare standard flash2 flash2@h100-sxm --heads 16 --seqlen-q 4096", add_compare},
      {"sweep", "Simulate every point of a range of sizes, schedules or machine constants",
       "attoscope sweep --algorithm flash2 --over seqlen=512:65536:*2 --over block_kv=32,64,128 --csv", add_sweep},
      {"explain", "Say where a number comes from: its formula, with values put in, beside the count",
       "attoscope explain two_level.read_bytes --algorithm flash1 --seqlen-q 1024", add_explain},
      {"trace", "Write the run as a trace for ui.perfetto.dev",
       "attoscope trace --algorithm flash2 --seqlen-q 1024 -o flash2.json", add_trace},
      {"validate", "Hold the simulation against what real cards did: errors in time, cycles and counters",
       "attoscope validate --machine h200-sxm --algorithm flash2 --counters --worst 10", add_validate},
      {"calibrate", "A machine file's numbers from micro-benchmarks of such a card",
       "attoscope calibrate gpu/microbench/results/h200-2026-11-29.json --machine h200-sxm", add_calibrate},
      {"list", "List algorithms, machines, presets, or the fields of the JSON output", "attoscope list machines --json",
       add_list},
      {"demo", "The main job on a real case: GPT-2 medium's attention, four ways, on an A100", "attoscope demo",
       add_demo},
      {"exercise", "Write a tile program, and be told what is wrong with it, where and when",
       "attoscope exercise start online-softmax", add_exercise},
#ifdef ATTOSCOPE_HAS_WINDOW
      {"window", "Open the window; 'attoscope' alone does the same", "attoscope window --open blackboard", add_window},
      {"render", "Make a picture or a film of a scenario at any moment; needs no display",
       "attoscope render blackboard --at op30 -o step.png", add_render},
      {"lesson", "List the lessons, check one against the simulator, or begin a new one",
       "attoscope lesson check skeleton", add_lesson},
#endif
  };
  return all;
}

void refuse_leftovers(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (word == "--") {
      continue;
    }
    if (word.size() > 1 && word[0] == '-') {
      const std::string flag = word.substr(0, word.find('='));
      const std::string near = sim::nearest(flag, flags_of(app));
      std::string help = "--help";
      for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        help = at->get_name() + " " + help;
      }
      throw sim::Error("", fmt::format("unknown flag '{}'", flag),
                       near.empty() ? "see " + help : fmt::format("did you mean '{}'? see {}", near, help));
    }
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    throw sim::Error("", fmt::format("unexpected argument '{}'", word), sim::suggestion(word, names));
  }
}

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
    throw sim::Error("standard output", std::strerror(errno));
  }
}

}  // namespace cli
