// attoscope exercise watch: the verdict whenever the file is saved.
#include <unistd.h>

#include <algorithm>

#include "lessons/workshop/watch.h"
#include "ui/cli/exercise_command.h"
#include "ui/cli/exercise_terminal.h"

namespace cli {

namespace {

using lessons::Stage;

constexpr double kLookSeconds = 3600;  ///< between two looks at nothing: signals and keys wake it

struct WatchFlags : ExerciseFlags {
  std::string stage;
  bool all = false, once = false;
};

std::vector<std::string> paths_of(const Desk& desk) {
  std::vector<std::string> paths;
  for (const Stage& stage : desk.exercise->stages) {
    paths.push_back(desk.workspace.path(stage));
  }
  return paths;
}

class Watcher {
 public:
  Watcher(Desk desk, const WatchFlags& flags) : desk_(std::move(desk)), flags_(flags), files_(paths_of(desk_)) {
    const Stage* current = lessons::current_stage(*desk_.exercise, desk_.workspace.progress);
    stage_ = !flags.stage.empty() ? &lessons::find_stage(*desk_.exercise, flags.stage)
             : current != nullptr ? current
                                  : &desk_.exercise->stages.back();
  }

  int run() {
    check(flags_.all);
    bool going = true;
    while (going && !KeyInput::stopped()) {
      const auto event = files_.wait(keys_.descriptor(), kLookSeconds);
      if (KeyInput::stopped()) {
        break;
      }
      if (event == lessons::FileWatch::Event::saved) {
        going = saved() || !flags_.once;
      } else if (event == lessons::FileWatch::Event::input) {
        going = pressed(keys_.key());
      }
    }
    return passed_ ? 0 : kFailed;
  }

 private:
  Language l() const { return desk_.language; }

  /// Of another stage's file only a word is said. Returns whether to go on with --once: nothing was checked.
  bool saved() {
    const Stage& other = desk_.exercise->stages[files_.saved()];
    if (!flags_.all && &other != stage_) {
      print(say(l(), {"{} was saved; {} is the one that is watched.\n", "{} 已保存；当前监视的是 {}。\n"}, other.file,
                stage_->file));
      return true;
    }
    check(flags_.all, true);
    return false;
  }

  bool pressed(char key) {
    switch (key) {
      case 'n': move(1); break;
      case 'p': move(-1); break;
      case 'r': check(false); break;
      case 'c': check(true); break;
      case 'h': print("\n" + next_hint(desk_, *stage_, 0)); break;
      case 'l': print("\n" + progress_text(desk_) + footer()); break;
      case 'o': open(); break;
      case 'q': return false;
      case '?': print(footer()); break;
      default: break;
    }
    return true;
  }

  void move(int step) {
    const auto& stages = desk_.exercise->stages;
    const std::ptrdiff_t now = stage_ - stages.data(), next = now + step;
    if (next < 0 || next >= static_cast<std::ptrdiff_t>(stages.size())) {
      print(next < 0 ? say(l(), {"This is the first stage.\n", "这是第一关。\n"})
                     : say(l(), {"This is the last stage.\n", "这是最后一关。\n"}));
      return;
    }
    stage_ = &stages[static_cast<std::size_t>(next)];
    check(false);
  }

  void open() {
    print(failure_.empty() ? say(l(), {"There is no failing moment to show.\n", "没有出错的时刻可看。\n"})
                           : open_failure(l(), failure_, true));
  }

  void check(bool all, bool after_save = false) {
    if (keys_.is_terminal() && isatty(STDOUT_FILENO) != 0) {
      print("\x1b[H\x1b[2J");
    }
    passed_ = true;
    failure_.clear();
    for (const Stage& stage : desk_.exercise->stages) {
      if (!all && &stage != stage_) {
        continue;
      }
      const StageVerdict result{&stage, judge(desk_, stage)};
      passed_ = passed_ && result.verdict.passed();
      failure_ = failure_.empty() ? result.verdict.failure_file : failure_;
      print(told(desk_, result) + "\n");
      if (KeyInput::stopped()) {
        return;
      }
    }
    keys_.forget();  // those pressed while it was busy; from here on each counts
    print((after_save ? time_text(files_.since_saved()) : "") + footer());
  }

  std::string time_text(double seconds) const {
    return painted(Paint::dim,
                   say(l(), {"{:.2f} s from the save to the verdict", "从保存到出结果：{:.2f} 秒"}, seconds)) +
           "\n";
  }

  std::string footer() const {
    const std::string file = desk_.shown_path(stage_->file);
    if (!keys_.is_terminal()) {
      return say(l(), {"Watching {}.\n", "正在监视 {}。\n"}, file);
    }
    return painted(
               Paint::dim,
               say(l(),
                   {"Watching {}.  n next  p previous  r run again  h hint  l list  o open the failing moment  c check "
                    "all  q quit",
                    "正在监视 {}。n 下一关  p 上一关  r 再检查  h 提示  l 列表  o 看出错的时刻  c 全部检查  q 退出"},
                   file)) +
           "\n";
  }

  Desk desk_;
  const WatchFlags& flags_;
  lessons::FileWatch files_;
  KeyInput keys_;
  const Stage* stage_ = nullptr;
  std::string failure_;
  bool passed_ = false;
};

}  // namespace

Action add_exercise_watch(CLI::App& app) {
  auto flags = std::make_shared<WatchFlags>();
  app.add_option("stage", flags->stage, "number, name or file; else the first that has not passed")->type_name("STAGE");
  app.add_flag("--all", flags->all, "check every stage whenever one is saved");
  app.add_flag("--once", flags->once, "end after the first save has been checked");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return Watcher(find_desk(*flags, flags->stage), *flags).run(); };
}

}  // namespace cli
