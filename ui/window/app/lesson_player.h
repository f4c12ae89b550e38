// Which lesson, which step, what has been answered. Knows nothing of the picture: the app asks it what to show.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ui/window/app/lesson_progress.h"
#include "ui/window/app/lesson_runs.h"
#include "ui/window/views/lesson_panel.h"

namespace app {

class LessonPlayer {
 public:
  /// `files`: progress is read and kept.
  LessonPlayer(const std::string& assets, bool background, bool files);

  /// All lessons, by number; read when first asked for.
  const std::vector<lessons::Lesson>& course();
  /// A lesson's name in the course, its file or folder. `step` from 1; 0: where it was left. Throws sim::Error.
  void open(const std::string& path_or_name, int step);
  void close();

  const lessons::Lesson* lesson() const { return lesson_ ? &*lesson_ : nullptr; }
  int step() const { return step_; }
  const lessons::Step& current() const { return lesson_->steps[static_cast<std::size_t>(step_)]; }
  bool at_last() const { return step_ + 1 == static_cast<int>(lesson_->steps.size()); }
  void go(int step);  ///< what is left behind counts as done
  void finish() { mark_done(); }
  LessonAnswer& answer();  ///< of the current step
  const LessonAnswer* answered() const;
  LessonRuns& runs() { return runs_; }
  const LessonRuns& runs() const { return runs_; }
  bool runs_busy() const { return runs_.busy(); }

  bool done(const std::string& lesson, const std::string& step) const;
  int done_count(const lessons::Lesson& lesson) const;
  /// Writes progress if it has changed. Throws sim::Error.
  void keep();
  const std::string& complaints() const { return complaints_; }  ///< about the file of progress

  // ---- Of the step on the screen ----
  bool waiting = false;  ///< its run is not ready
  scope::Cursor moment;  ///< the step's
  std::string problem;   ///< its moment or view can't be had
  bool contents = false, controls = false, course_open = false;

 private:
  void mark_done();

  std::string assets_, folder_;
  bool files_;
  std::optional<std::vector<lessons::Lesson>> course_;
  std::optional<lessons::Lesson> lesson_;
  int step_ = 0;
  Progress progress_, kept_;
  std::string complaints_;
  LessonRuns runs_;
};

/// The page for a step as it stands: words in the language, numbers put in. `run` may be null.
views::LessonPage lesson_page(LessonPlayer& player, const scope::Strings& strings, const scope::Run* run,
                              bool numbered);

}  // namespace app
