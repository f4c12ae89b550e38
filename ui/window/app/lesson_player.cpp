#include "ui/window/app/lesson_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/suggest.h"

namespace app {

namespace fs = std::filesystem;

LessonPlayer::LessonPlayer(const std::string& assets, bool background, bool files)
    : assets_(assets), folder_(assets + "/../lessons"), files_(files), runs_(assets, background) {
  if (files_) {
    progress_ = load_progress(&complaints_);
    kept_ = progress_;
  }
}

const std::vector<lessons::Lesson>& LessonPlayer::course() {
  if (!course_) {
    course_ = fs::is_directory(folder_) ? lessons::load_course(folder_, assets_) : std::vector<lessons::Lesson>();
    std::erase_if(*course_, [](const lessons::Lesson& lesson) { return lesson.id == "skeleton"; });  // for authors
  }
  return *course_;
}

void LessonPlayer::open(const std::string& path_or_name, int step) {
  std::string path = path_or_name;
  if (path.find_first_of("/.") == std::string::npos) {
    path = folder_ + "/" + path + "/lesson.toml";
    if (!fs::exists(path)) {
      std::vector<std::string> names;
      for (const lessons::Lesson& lesson : course()) {
        names.push_back(lesson.id);
      }
      throw sim::Error("lesson", fmt::format("there is no lesson '{}'", path_or_name),
                       sim::suggestion(path_or_name, names));
    }
  } else if (fs::is_directory(path)) {
    path += "/lesson.toml";
  }
  lessons::Lesson lesson = lessons::load_lesson(path, assets_);
  const int count = static_cast<int>(lesson.steps.size());
  if (step < 0 || step > count) {
    throw sim::Error("step", fmt::format("lesson '{}' has no step {}", lesson.id, step),
                     fmt::format("it has steps 1 to {}", count));
  }
  const auto left = progress_.find(lesson.id);
  for (int n = 0; step == 0 && left != progress_.end() && n < count; ++n) {
    step = lesson.steps[static_cast<std::size_t>(n)].id == left->second.step ? n + 1 : 0;
  }
  lesson_ = std::move(lesson);
  runs_.use(&*lesson_);
  contents = controls = course_open = false;
  step_ = std::max(0, step - 1);
  progress_[lesson_->id].step = current().id;
}

void LessonPlayer::close() {
  runs_.use(nullptr);
  lesson_.reset();
  step_ = 0;
  contents = controls = waiting = false;
}

void LessonPlayer::mark_done() { progress_[lesson_->id].done.insert(current().id); }

void LessonPlayer::go(int step) {
  if (step > step_) {
    mark_done();
  }
  step_ = std::clamp(step, 0, static_cast<int>(lesson_->steps.size()) - 1);
  progress_[lesson_->id].step = current().id;
  contents = controls = false;
}

LessonAnswer& LessonPlayer::answer() { return progress_[lesson_->id].answers[current().id]; }

const LessonAnswer* LessonPlayer::answered() const {
  const auto lesson = progress_.find(lesson_->id);
  if (lesson == progress_.end()) {
    return nullptr;
  }
  const auto at = lesson->second.answers.find(current().id);
  return at == lesson->second.answers.end() ? nullptr : &at->second;
}

bool LessonPlayer::done(const std::string& lesson, const std::string& step) const {
  const auto at = progress_.find(lesson);
  return at != progress_.end() && at->second.done.count(step) != 0;
}

int LessonPlayer::done_count(const lessons::Lesson& lesson) const {
  return static_cast<int>(std::count_if(lesson.steps.begin(), lesson.steps.end(),
                                        [&](const lessons::Step& step) { return done(lesson.id, step.id); }));
}

void LessonPlayer::keep() {
  if (files_ && progress_ != kept_) {
    kept_ = progress_;
    save_progress(progress_);
  }
}

}  // namespace app
