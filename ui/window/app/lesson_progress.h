// How far a student is: per lesson the step, the steps done, answers. A file beside the settings.
#pragma once

#include <map>
#include <set>
#include <string>

namespace app {

struct LessonAnswer {
  std::string text;     ///< number: as typed; click: name of the object
  int choice = -1;      ///< choice: from 0
  int confidence = -1;  ///< guess, fairly sure, certain
  bool revealed = false;
  bool operator==(const LessonAnswer&) const = default;
};

struct LessonProgress {
  std::string step;  ///< id of the one looked at last
  std::set<std::string> done;
  std::map<std::string, LessonAnswer> answers;  ///< by step
  bool operator==(const LessonProgress&) const = default;
};

using Progress = std::map<std::string, LessonProgress>;  ///< by lesson

/// Any bytes give progress: what is wrong is left out and named in `complaints`.
Progress parse_progress(const std::string& text, const std::string& source, std::string* complaints);
std::string to_toml(const Progress& progress);

/// progress.toml in the directory of the settings; "" if there is none.
std::string progress_file();
/// Nothing if there is no file yet.
Progress load_progress(std::string* complaints);
/// Throws sim::Error if it can't be written.
void save_progress(const Progress& progress);

}  // namespace app
