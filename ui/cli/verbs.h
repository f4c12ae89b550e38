// The verbs of the command line. Each adds its options to its own CLI::App and returns what to do once they are parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace cli {

/// Returns the exit code: 0 done, 1 a check failed. Throws sim::Error for a user's mistake, which ends with 2.
using Action = std::function<int()>;

struct Verb {
  const char* name;
  const char* text;
  const char* example;
  Action (*add)(CLI::App& app);
};

Action add_run(CLI::App& app);
Action add_compare(CLI::App& app);
Action add_sweep(CLI::App& app);
Action add_explain(CLI::App& app);
Action add_trace(CLI::App& app);
Action add_validate(CLI::App& app);
Action add_calibrate(CLI::App& app);
Action add_list(CLI::App& app);
Action add_demo(CLI::App& app);
Action add_exercise(CLI::App& app);
#ifdef ATTOSCOPE_HAS_WINDOW
Action add_window(CLI::App& app);
Action add_render(CLI::App& app);
Action add_lesson(CLI::App& app);
#endif

const std::vector<Verb>& verbs();

/// Throws sim::Error, with the nearest flag, if the verb was given what it doesn't know.
void refuse_leftovers(const CLI::App& app);

/// Writes the whole text to stdout. Throws sim::Error if it can't.
void print(const std::string& text);

}  // namespace cli
