// attoscope exercise check, hint, solution, reset.
#include <algorithm>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

using lessons::Stage;

struct CheckFlags : ExerciseFlags {
  std::string stage;
  bool all = false, open = false;
};

/// The one named; else the first that has not passed; else, all having passed, every one.
std::vector<const Stage*> stages_for(const Desk& desk, const CheckFlags& flags) {
  const Stage* current = lessons::current_stage(*desk.exercise, desk.workspace.progress);
  if (!flags.stage.empty()) {
    return {&lessons::find_stage(*desk.exercise, flags.stage)};
  }
  if (!flags.all && current != nullptr) {
    return {current};
  }
  std::vector<const Stage*> all;
  for (const Stage& stage : desk.exercise->stages) {
    all.push_back(&stage);
  }
  return all;
}

int check(const CheckFlags& flags) {
  if (flags.all && !flags.stage.empty()) {
    throw sim::Error("--all", "checks every stage: it takes no stage's name", "leave one of the two out");
  }
  Desk desk = find_desk(flags, flags.stage);
  std::vector<StageVerdict> results;
  std::string failure;
  for (const Stage* stage : stages_for(desk, flags)) {
    results.push_back({stage, judge(desk, *stage)});
    failure = failure.empty() ? results.back().verdict.failure_file : failure;
    if (!flags.json) {
      print((results.size() > 1 ? "\n" : "") + told(desk, results.back()));
    }
  }
  const lessons::Grade grade = grade_of(*desk.exercise, desk.language, results);
  if (flags.json) {
    print(lessons::to_json(grade));
  }
  if (flags.open && !failure.empty()) {
    const std::string said = open_failure(desk.language, failure, false);
    flags.json ? void(fmt::print(stderr, "{}", said)) : print("\n" + said);
  }
  return grade.passed() ? 0 : kFailed;
}

// ---- hint

struct HintFlags : ExerciseFlags {
  std::string stage;
  int level = 0;
};

const Stage& stage_or_current(const Desk& desk, const std::string& name) {
  const Stage* current = lessons::current_stage(*desk.exercise, desk.workspace.progress);
  return !name.empty()        ? lessons::find_stage(*desk.exercise, name)
         : current != nullptr ? *current
                              : desk.exercise->stages.back();
}

int hint(const HintFlags& flags) {
  Desk desk = find_desk(flags, flags.stage);
  print(next_hint(desk, stage_or_current(desk, flags.stage), flags.level));
  return 0;
}

// ---- solution

struct StageFlags : ExerciseFlags {
  std::string stage;
};

int solution(const StageFlags& flags) {
  Desk desk = find_desk(flags, flags.stage);
  const Language l = desk.language;
  if (flags.stage.empty()) {
    throw sim::Error("exercise solution", say(l, {"of which stage?", "哪一关的？"}), command(desk, "solution 1"));
  }
  const Stage& stage = lessons::find_stage(*desk.exercise, flags.stage);
  const int number = lessons::stage_number(*desk.exercise, stage);
  if (!desk.workspace.progress.stages[stage.id].passed) {
    throw sim::Error(
        stage.file, say(l, {"the solution is shown once yours has passed", "你的程序通过之后才能看参考解法"}),
        say(l, {"'{}' gives a hint, '{}' checks yours", "看提示：'{}'；检查你的程序：'{}'"},
            command(desk, fmt::format("hint {}", number)), command(desk, fmt::format("check {}", number))));
  }
  const std::vector<unsigned char> text = sim::read_file(stage.solution());
  const std::string path = desk.shown_path(lessons::mark_passed(desk.workspace, stage));
  print(painted(Paint::dim, "// " + path) + "\n" + std::string(text.begin(), text.end()));
  return 0;
}

// ---- reset

struct ResetFlags : ExerciseFlags {
  std::string stage;
  bool all = false, given = false;
};

std::string told_restored(const Desk& desk, const lessons::Restored& restored) {
  const std::string file = desk.shown_path(restored.file);
  return restored.backup.empty()
             ? say(desk.language, {"{}: as it was given.\n", "{}：已恢复为原始文件。\n"}, file)
             : say(desk.language,
                   {"{}: as it was given; yours is kept as {}.\n", "{}：已恢复为原始文件；你的版本保留为 {}。\n"}, file,
                   desk.shown_path(restored.backup));
}

int reset(const ResetFlags& flags) {
  Desk desk = find_desk(flags, flags.stage);
  if ((flags.stage.empty() ? 0 : 1) + (flags.all ? 1 : 0) + (flags.given ? 1 : 0) != 1) {
    throw sim::Error(
        "exercise reset", say(desk.language, {"what is to be reset?", "要重置什么？"}),
        say(desk.language, {"name one stage, or --all for every stage, or --given for exercise.h and its like",
                            "给出一关的编号；--all 重置所有关；--given 恢复 exercise.h 等所给文件"}));
  }
  std::string out;
  if (flags.given) {
    for (const lessons::Restored& restored : lessons::restore_given(desk.workspace, given_for(desk))) {
      out += told_restored(desk, restored);
    }
    print(out.empty() ? say(desk.language, {"All given files are as they were.\n", "所给文件均未改动。\n"}) : out);
    return 0;
  }
  for (const Stage& stage : desk.exercise->stages) {
    if (flags.all || &stage == &lessons::find_stage(*desk.exercise, flags.stage)) {
      out += told_restored(desk, lessons::reset_stage(desk.workspace, stage));
    }
  }
  print(out);
  return 0;
}

}  // namespace

std::string next_hint(Desk& desk, const Stage& stage, int level) {
  const Language l = desk.language;
  const int count = static_cast<int>(stage.hints.size());
  if (level < 0 || level > count) {
    throw sim::Error(
        "--level", say(l, {"{} is out of range: stage {} has hints 1 to {}", "{} 超出范围：第 {} 关有 1 到 {} 级提示"},
                       level, lessons::stage_number(*desk.exercise, stage), count));
  }
  if (count == 0) {
    return say(l, {"This stage has no hints.\n", "这一关没有提示。\n"});
  }
  int& shown = desk.workspace.progress.stages[stage.id].hints;
  const int now = level > 0 ? level : std::min(shown + 1, count);
  shown = std::max(shown, now);
  lessons::save(desk.workspace);
  const std::string head =
      say(l, {"Hint {} of {}, stage {}: {}", "提示 {}/{}，第 {} 关：{}"}, now, count,
          lessons::stage_number(*desk.exercise, stage), lessons::plain_text(lessons::in(l, stage.title)));
  const std::string left =
      now < count ? say(l, {"{} more: {}", "还有 {} 条：{}"}, count - now,
                        command(desk, fmt::format("hint {}", lessons::stage_number(*desk.exercise, stage))))
                  : say(l, {"That was the last hint.", "这是最后一条提示。"});
  return painted(Paint::bold, head) + "\n" +
         folded(lessons::plain_text(lessons::in(l, stage.hints[static_cast<std::size_t>(now - 1)])), 2) + "  " +
         painted(Paint::dim, left) + "\n";
}

Action add_exercise_check(CLI::App& app) {
  auto flags = std::make_shared<CheckFlags>();
  app.add_option("stage", flags->stage, "number, name or file; else the first that has not passed")->type_name("STAGE");
  app.add_flag("--all", flags->all, "every stage");
  app.add_flag("--open", flags->open, "open the window at the moment where it goes wrong");
  app.add_flag("--json", flags->json, "print JSON");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return check(*flags); };
}

Action add_exercise_hint(CLI::App& app) {
  auto flags = std::make_shared<HintFlags>();
  app.add_option("stage", flags->stage, "number, name or file; else the first that has not passed")->type_name("STAGE");
  app.add_option("--level", flags->level, "this hint, not the next one")->type_name("N");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return hint(*flags); };
}

Action add_exercise_solution(CLI::App& app) {
  auto flags = std::make_shared<StageFlags>();
  app.add_option("stage", flags->stage, "number, name or file")->type_name("STAGE");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return solution(*flags); };
}

Action add_exercise_reset(CLI::App& app) {
  auto flags = std::make_shared<ResetFlags>();
  app.add_option("stage", flags->stage, "number, name or file")->type_name("STAGE");
  app.add_flag("--all", flags->all, "every stage");
  app.add_flag("--given", flags->given, "what came with the exercise: exercise.h, README.md and editors' files");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return reset(*flags); };
}

}  // namespace cli
