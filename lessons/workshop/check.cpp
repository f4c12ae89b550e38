// check_stage: compile, run, judge.
#include <chrono>
#include <map>

#include "lessons/workshop/budgets.h"
#include "lessons/workshop/judge.h"
#include "lessons/workshop/student_program.h"
#include "lessons/workshop/verdict.h"
#include "lessons/workshop/verdict_words.h"

namespace lessons {

namespace {

using State = CheckResult::State;

class Checker {
 public:
  Checker(const Exercise& exercise, const Stage& stage, const std::string& file, const CheckOptions& options)
      : stage_(stage), options_(options), softmax_(sim::find_algorithm(stage.algorithm).softmax) {
    verdict_.exercise = exercise.id;
    verdict_.stage = stage.id;
    verdict_.file = file;
    for (const CheckInfo& info : stage.checks) {
      CheckResult result;
      result.id = info.id;
      result.title = info.title;
      result.points_max = info.points;
      verdict_.checks.push_back(result);
    }
  }

  Verdict run() {
    if (compiles() && runs()) {
      for (std::size_t n = 0; n < stage_.cases.size(); ++n) {
        values(n);
        bytes(n);
        memory(n);
      }
      repeatable();
      pass_the_rest();
      count_bytes();
      leave_failure();
    }
    return std::move(verdict_);
  }

 private:
  CheckResult& result(const std::string& id) {
    for (CheckResult& check : verdict_.checks) {
      if (check.id == id) {
        return check;
      }
    }
    return verdict_.checks.front();  // ids are held by the loader
  }

  // The first failure of a check is the one that is told.
  CheckResult* fail(const std::string& id, const Words& message, int line = 0) {
    CheckResult& check = result(id);
    if (check.state == State::failed) {
      return nullptr;
    }
    check.state = State::failed;
    check.message = message;
    check.line = line;
    return &check;
  }

  void pass(const std::string& id) {
    CheckResult& check = result(id);
    check.state = State::passed;
    check.points = check.points_max;
  }

  void pass_the_rest() {
    for (CheckResult& check : verdict_.checks) {
      if (check.state == State::skipped) {
        pass(check.id);
      }
    }
  }

  void count_bytes() {
    verdict_.hbm_bytes = 0;
    for (const auto& [n, found] : found_) {
      verdict_.hbm_bytes += found.read_bytes + found.write_bytes;
    }
  }

  bool compiles() {
    const Compiled compiled = compile(stage_, verdict_.file, folder_.path());
    program_ = compiled.program;
    if (program_.empty()) {
      fail("compiles", words_not_compiled(compiled), compiled.line)->detail = compiled.output;
      return false;
    }
    pass("compiles");
    return true;
  }

  bool runs() {
    recording_ = record(stage_, program_, folder_.path(), options_);
    int line = 0;
    if (const auto why = words_not_ended(recording_, options_, line)) {
      // What a case refused before the end explains more than the end.
      fail("runs", *why, line)->detail = recording_.child.output;
      return false;
    }
    for (std::size_t n = 0; n < stage_.cases.size(); ++n) {
      const Recorded& recorded = recording_.cases[n];
      if (recorded.what != Recorded::What::program) {
        CheckResult& check = *fail("runs", words_not_recorded(recorded, stage_.cases[n], softmax_), recorded.line);
        check.detail = recording_.child.output;
        check.case_name = stage_.cases[n].name;
        return false;
      }
    }
    pass("runs");
    return true;
  }

  void values(std::size_t n) {
    const Case& given = stage_.cases[n];
    const sim::Experiment experiment = experiment_of(stage_, given, options_.assets, recording_.cases[n].program);
    const CaseFindings& found = found_[n] = examine(stage_, given, experiment);
    if (found.right()) {
      return;
    }
    if (CheckResult* check = fail(given.check, words_wrong(found, given, softmax_))) {
      check->case_name = given.name;
      check->first = found.state ? found.state : found.result;
      check->shown = found.shown;
      check->line = line_of(found, experiment);
    }
  }

  // Of the op that made what is wrong.
  int line_of(const CaseFindings& found, const sim::Experiment& experiment) const {
    if (!found.op) {
      return 0;
    }
    sim::Trace trace;
    sim::record_block(sim::prepare(experiment).plan.kernels[0], found.block, trace);
    return *found.op < trace.ops.size() ? trace.ops[*found.op].line : 0;
  }

  void bytes(std::size_t n) {
    const Case& given = stage_.cases[n];
    const CaseFindings& found = found_[n];
    const std::int64_t read = budget_of(stage_.read_bytes_max, given, softmax_);
    const std::int64_t write = budget_of(stage_.write_bytes_max, given, softmax_);
    if (found.read_bytes > read || found.write_bytes > write) {
      if (CheckResult* check = fail("bytes", words_bytes(found, given, softmax_, read, write, stage_))) {
        check->case_name = given.name;
      }
    }
  }

  void memory(std::size_t n) {
    const Case& given = stage_.cases[n];
    const CaseFindings& found = found_[n];
    const std::int64_t most = budget_of(stage_.chip_bytes_max, given, softmax_);
    if (found.chip_bytes > most) {
      if (CheckResult* check = fail("memory", words_memory(found, given, softmax_, most, stage_), found.chip_line)) {
        check->case_name = given.name;
      }
    }
  }

  void repeatable() {
    const Recording again = record(stage_, program_, folder_.path(), options_);
    if (again.child.channel != recording_.child.channel) {
      fail("repeatable", words_not_repeatable());
    }
  }

  void leave_failure() {
    const CheckResult* failed = verdict_.first_failed();
    if (failed == nullptr || options_.failure_folder.empty()) {
      return;
    }
    for (std::size_t n = 0; n < stage_.cases.size(); ++n) {
      if (stage_.cases[n].name == failed->case_name && !found_[n].refused) {
        const sim::Experiment experiment =
            experiment_of(stage_, stage_.cases[n], options_.assets, recording_.cases[n].program);
        verdict_.failure_file = write_failure(stage_, stage_.cases[n], found_[n], experiment, failed->message,
                                              verdict_.file, options_.failure_folder);
        return;
      }
    }
  }

  const Stage& stage_;
  const CheckOptions& options_;
  bool softmax_;
  TemporaryFolder folder_;
  std::string program_;
  Recording recording_;
  std::map<std::size_t, CaseFindings> found_;
  Verdict verdict_;
};

}  // namespace

bool Verdict::passed() const { return first_failed() == nullptr; }

double Verdict::points() const {
  double sum = 0;
  for (const CheckResult& check : checks) {
    sum += check.points;
  }
  return sum;
}

double Verdict::points_max() const {
  double sum = 0;
  for (const CheckResult& check : checks) {
    sum += check.points_max;
  }
  return sum;
}

const CheckResult* Verdict::first_failed() const {
  for (const CheckResult& check : checks) {
    if (check.state == CheckResult::State::failed) {
      return &check;
    }
  }
  return nullptr;
}

Verdict check_stage(const Exercise& exercise, const Stage& stage, const std::string& file,
                    const CheckOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  Verdict verdict = Checker(exercise, stage, file, options).run();
  verdict.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return verdict;
}

}  // namespace lessons
