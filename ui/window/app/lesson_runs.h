// The runs of a lesson's scenarios: made on demand, kept until the lesson is closed; and what its texts and answers
// look up in them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lessons/course/expression.h"
#include "lessons/course/lesson.h"
#include "sim/base/error.h"
#include "ui/window/app/run_loader.h"

namespace app {

class LessonRuns {
 public:
  LessonRuns(const std::string& assets, bool background) : loader_(assets, background) {}

  void use(const lessons::Lesson* lesson);  ///< forgets the runs of another
  /// Asks for a scenario's run, before all others if it is `urgent`.
  void want(const std::string& scenario, bool urgent);
  /// Takes what is ready; true: something is. `patience` for what is at work.
  bool update(std::chrono::milliseconds patience = {});
  bool busy() const { return !wanted_.empty() || !making_.empty() || loader_.busy(); }

  std::shared_ptr<scope::Run> run(const std::string& scenario) const;  ///< null: not ready
  const sim::Error* failure(const std::string& scenario) const;        ///< why it does not run
  std::size_t ready() const { return made_.size(); }

  /// Names at a step's moment of its run, and of the lesson's other scenarios. Of what is not ready the run is asked
  /// for and NotReady is thrown.
  lessons::Lookup lookup(const lessons::Step& step, const scope::Run& run, const scope::Cursor& cursor);

 private:
  struct Made {
    std::shared_ptr<scope::Run> run;
    sim::Error failure{"", "", ""};
  };
  void start();

  const lessons::Lesson* lesson_ = nullptr;
  RunLoader loader_;
  std::deque<std::string> wanted_;
  std::string making_;
  std::map<std::string, Made> made_;
};

/// Words wait for a run. Not a sim::Error: nothing is wrong.
struct NotReady {};

/// Words with their numbers put in, one by one: "…" for what is not ready, "?" for what can't be known.
struct Filled {
  std::string words;
  int numbers = 0;
  bool modelled = false, ready = true;
  std::string problem;  ///< the first
};
Filled fill(const std::string& words, const lessons::Lookup& lookup);

}  // namespace app
