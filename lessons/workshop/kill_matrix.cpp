#include "lessons/workshop/kill_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "sim/base/error.h"

namespace lessons {

namespace {

using State = CheckResult::State;

/// "rising, l at step 1"; of a result in HBM, which has no step: "values, Y".
std::string place_of(const std::string& check, const std::string& tile, int step) {
  return step < 0 ? fmt::format("{}, {}", check, tile) : fmt::format("{}, {} at step {}", check, tile, step);
}

std::string first_of(const Verdict& verdict) {
  const CheckResult* failed = verdict.first_failed();
  if (failed == nullptr) {
    return "nothing: it passes";
  }
  const auto& first = failed->first;
  return first ? place_of(failed->id, first->tile, first->step) : failed->id;
}

std::string must_die_of(const Mutant& mutant) {
  return mutant.tile.empty() ? mutant.check : place_of(mutant.check, mutant.tile, mutant.step);
}

/// The header may leave out tile and step.
bool dies_as_said(const Mutant& mutant, const Verdict& verdict) {
  const CheckResult* failed = verdict.first_failed();
  if (failed == nullptr || failed->id != mutant.check) {
    return false;
  }
  if (mutant.tile.empty()) {
    return true;
  }
  return failed->first && failed->first->tile == mutant.tile && (mutant.step < 0 || failed->first->step == mutant.step);
}

std::string in_cell(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string mark_of(const CheckResult& check, bool first) {
  return check.state == State::failed ? first ? "**X**" : "x" : check.state == State::skipped ? "-" : "";
}

std::string table_of(const Stage& stage, const std::vector<const Tried*>& rows) {
  std::string header = "| mutant | what is wrong with it |", rule = "|---|---|";
  for (const CheckInfo& check : stage.checks) {
    header += fmt::format(" {} |", check.id);
    rule += ":-:|";
  }
  std::string out = header + " first seen |\n" + rule + "---|\n";
  for (const Tried* row : rows) {
    const CheckResult* first = row->verdict.first_failed();
    out += fmt::format("| {} | {} |", in_cell(row->trial.name), in_cell(row->trial.mutant.wrong));
    for (const CheckResult& check : row->verdict.checks) {
      out += fmt::format(" {} |", mark_of(check, &check == first));
    }
    out +=
        fmt::format(" {} |\n", row->surprise.empty() ? in_cell(first_of(row->verdict)) : "**survives or surprises**");
  }
  return out;
}

}  // namespace

std::vector<Trial> trials_of(const Exercise& exercise) {
  std::vector<Trial> all;
  for (const Stage& stage : exercise.stages) {
    const auto add = [&](Trial::Kind kind, const std::string& path, const Mutant& mutant) {
      all.push_back({&stage, kind, path, std::filesystem::path(path).stem().string(), mutant});
    };
    add(Trial::Kind::starter, stage.starter(), {});
    for (const std::string& path : right_programs_of(stage)) {
      add(Trial::Kind::right, path, {});
    }
    for (const Mutant& mutant : mutants_of(stage)) {
      add(Trial::Kind::mutant, mutant.path, mutant);
    }
  }
  return all;
}

std::string surprise_of(const Trial& trial, const Verdict& verdict) {
  if (trial.kind == Trial::Kind::starter) {
    return verdict.passed() ? "the starter passes: nothing is left to do" : "";
  }
  if (trial.kind == Trial::Kind::right) {
    const CheckResult* failed = verdict.first_failed();
    return failed == nullptr
               ? ""
               : fmt::format("a right program fails: {}: {} {}", first_of(verdict), failed->message.en, failed->detail);
  }
  const bool as_said = dies_as_said(trial.mutant, verdict);
  return as_said ? "" : fmt::format("must die of {}; dies of {}", must_die_of(trial.mutant), first_of(verdict));
}

std::vector<Tried> try_all(const std::vector<Trial>& trials, int jobs, const Check& check, const Heard& heard) {
  std::vector<Tried> all(trials.size());
  std::mutex mutex;
  std::size_t next = 0;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < trials.size()) {
      const std::size_t n = next++;
      Tried tried{trials[n], {}, ""};
      lock.unlock();
      try {
        tried.verdict = check(tried.trial);
        tried.surprise = surprise_of(tried.trial, tried.verdict);
      } catch (const std::exception& error) {
        tried.surprise = fmt::format("can't be checked: {}", error.what());
      }
      lock.lock();
      heard(tried);
      all[n] = std::move(tried);
    }
  };
  std::vector<std::thread> threads;
  for (int n = 1; n < jobs; ++n) {
    threads.emplace_back(work);
  }
  work();
  for (std::thread& thread : threads) {
    thread.join();
  }
  return all;
}

std::string kill_matrix(const Exercise& exercise, const std::vector<Tried>& tried) {
  std::string out;
  for (const Stage& stage : exercise.stages) {
    std::vector<const Tried*> rows;
    for (const Tried& one : tried) {
      if (one.trial.stage == &stage && one.trial.kind == Trial::Kind::mutant) {
        rows.push_back(&one);
      }
    }
    const auto killed = std::count_if(rows.begin(), rows.end(), [](const Tried* row) { return row->surprise.empty(); });
    out += fmt::format("{}### {} / {}: {} of {} wrong programs die as they must\n\n", out.empty() ? "" : "\n",
                       exercise.id, stage.id, killed, rows.size());
    out += table_of(stage, rows);
  }
  return out;
}

}  // namespace lessons
