// attoscope exercise: programs to write, checked as one writes them.
#include <algorithm>
#include <filesystem>

#include "lessons/workshop/student_program.h"
#include "sim/base/error.h"
#include "ui/cli/exercise_command.h"
#include "ui/cli/report_json.h"

namespace cli {

namespace {

namespace fs = std::filesystem;
using lessons::Exercise;
using lessons::Stage;

struct SubVerb {
  const char* name;
  const char* text;
  const char* example;
  Action (*add)(CLI::App& app);
};

constexpr SubVerb kSubVerbs[] = {
    {"list", "What exercises there are, and how far you are", "attoscope exercise list --json", add_exercise_list},
    {"start", "Make the folder with the files to complete; again: go on", "attoscope exercise start online-softmax",
     add_exercise_start},
    {"check", "Check a stage: compile it, run it, say what is wrong and where", "attoscope exercise check 2 --open",
     add_exercise_check},
    {"watch", "Check again whenever the file is saved", "attoscope exercise watch", add_exercise_watch},
    {"hint", "One more hint", "attoscope exercise hint", add_exercise_hint},
    {"solution", "The solution of a stage that has passed", "attoscope exercise solution 1", add_exercise_solution},
    {"reset", "The starter again; your file is kept as FILE.bak-N", "attoscope exercise reset 1", add_exercise_reset},
    {"grade", "Grade a student's folder, for people and for machines",
     "attoscope exercise grade submission --format gradescope -o results.json", add_exercise_grade},
    {"verify", "For authors: starters fail, solutions pass, every wrong program dies of what it should",
     "attoscope exercise verify online-softmax --matrix", add_exercise_verify},
};

double points_of(const Exercise& exercise) {
  double points = 0;
  for (const Stage& stage : exercise.stages) {
    points += lessons::points_of(stage);
  }
  return points;
}

/// The desk of this exercise that is near, if there is one.
std::optional<Desk> desk_near(const Exercise& exercise, const ExerciseFlags& flags) {
  const std::string folder = lessons::find_workspace(flags.directory.empty() ? "." : flags.directory);
  if (folder.empty()) {
    return std::nullopt;
  }
  Desk desk{lessons::open_workspace(folder), &exercise, language_from(flags.language)};
  if (flags.language.empty()) {
    desk.language = desk.workspace.progress.language;
  }
  return desk.workspace.progress.exercise == exercise.id ? std::optional<Desk>(desk) : std::nullopt;
}

Json words_json(const lessons::Words& words) {
  return {{"en", lessons::plain_text(words.en)}, {"zh", lessons::plain_text(words.zh)}};
}

Json exercise_json(const Exercise& exercise, const std::optional<Desk>& desk) {
  Json json = {{"exercise", exercise.id},
               {"title", words_json(exercise.title)},
               {"summary", words_json(exercise.summary)},
               {"folder", desk ? Json(desk->workspace.folder) : Json()},
               {"points", 0.0},
               {"points_max", points_of(exercise)},
               {"stages", Json::array()}};
  double points = 0;
  for (const Stage& stage : exercise.stages) {
    lessons::StageProgress progress;
    if (desk && desk->workspace.progress.stages.contains(stage.id)) {
      progress = desk->workspace.progress.stages.at(stage.id);
    }
    points += progress.passed ? lessons::points_of(stage) : 0;
    json["stages"].push_back({{"stage", stage.id},
                              {"number", lessons::stage_number(exercise, stage)},
                              {"title", words_json(stage.title)},
                              {"file", stage.file},
                              {"points_max", lessons::points_of(stage)},
                              {"passed", progress.passed},
                              {"hints", stage.hints.size()},
                              {"hints_shown", progress.hints}});
  }
  json["points"] = points;
  return json;
}

std::string exercise_text(const Exercise& exercise, const std::optional<Desk>& desk, Language language) {
  std::string out = painted(Paint::bold, exercise.id) + "  " +
                    lessons::plain_text(lessons::in(language, exercise.title)) + "  " +
                    painted(Paint::dim, say(language, {"{} stages, {:g} points", "{} 关，{:g} 分"},
                                            exercise.stages.size(), points_of(exercise))) +
                    "\n";
  out += folded(lessons::plain_text(lessons::in(language, exercise.summary)), 2) + "\n";
  if (desk) {
    return out + progress_text(*desk) + "\n  " + painted(Paint::bold, command(*desk, "check")) + "\n";
  }
  for (const Stage& stage : exercise.stages) {
    out += fmt::format("  {}  {}  {}\n", lessons::stage_number(exercise, stage),
                       lessons::plain_text(lessons::in(language, stage.title)),
                       painted(Paint::dim, say(language, {"{:g} points", "{:g} 分"}, lessons::points_of(stage))));
  }
  return out + "\n  " + painted(Paint::bold, "attoscope exercise start " + exercise.id) + "\n";
}

// ---- start

std::string started_text(const Desk& desk, const lessons::Started& started) {
  const Language l = desk.language;
  const Stage* current = lessons::current_stage(*desk.exercise, desk.workspace.progress);
  const std::string title = lessons::plain_text(lessons::in(l, desk.exercise->title)), folder = desk.shown_path(".");
  std::string out = started.continued
                        ? say(l, {"Going on with \"{}\" in {}.", "继续练习“{}”，文件夹：{}"}, title, folder)
                        : say(l, {"Started \"{}\" in {}.", "已开始练习“{}”，文件夹：{}"}, title, folder);
  out = painted(Paint::bold, out) + "\n";
  if (!started.made.empty()) {
    out += folded(say(l, {"new: {}", "新文件：{}"}, fmt::join(started.made, ", ")), 2);
  }
  if (current == nullptr) {
    return out + say(l, {"\nAll stages have passed already.\n", "\n所有关都已通过。\n"});
  }
  out += "\n" +
         painted(Paint::bold, say(l, {"Stage {}: {}", "第 {} 关：{}"}, lessons::stage_number(*desk.exercise, *current),
                                  lessons::plain_text(lessons::in(l, current->title)))) +
         "\n" + folded(lessons::plain_text(lessons::in(l, current->task)), 2) + "\n";
  out += say(l,
             {"What to do next:\n"
              "  1. open the file in your editor and complete it   {}\n"
              "  2. have it checked                                {}\n"
              "     or checked whenever you save it                {}\n"
              "  Stuck?                                            {}\n"
              "  All tasks, to read                                {}\n",
              "接下来：\n"
              "  1. 用编辑器打开这个文件并补全     {}\n"
              "  2. 检查                           {}\n"
              "     或在每次保存时自动检查         {}\n"
              "  卡住了？                          {}\n"
              "  各关的任务说明                    {}\n"},
             desk.shown_path(current->file), command(desk, "check"), command(desk, "watch"), command(desk, "hint"),
             desk.shown_path("README.md"));
  return out;
}

struct StartOptions : ExerciseFlags {
  std::string name;
};

int start(const StartOptions& options) {
  const Language language = language_from(options.language);
  if (options.name.empty() && exercises().size() > 1) {
    std::vector<std::string> names;
    for (const Exercise& exercise : exercises()) {
      names.push_back(exercise.id);
    }
    throw sim::Error("exercise start", say(language, {"which exercise?", "哪个练习？"}),
                     fmt::format("{}", fmt::join(names, ", ")));
  }
  const Exercise& exercise =
      options.name.empty() ? exercises().front() : lessons::find_exercise(exercises(), options.name);
  std::string folder = options.directory.empty() ? exercise.id : options.directory;
  const std::optional<Desk> near = options.directory.empty() ? desk_near(exercise, options) : std::nullopt;
  folder = near ? near->workspace.folder : folder;
  const lessons::Started started =
      lessons::start_exercise(exercise, folder, near ? near->language : language, lessons::sdk().include_folder);
  const Desk desk{started.workspace, &exercise, near ? near->language : language};
  print(started_text(desk, started));
  return 0;
}

}  // namespace

void add_language(CLI::App& app, ExerciseFlags& flags) {
  app.add_option("--lang", flags.language, "en or zh; else the folder's, else that of $LANG")->type_name("NAME");
}

void add_directory(CLI::App& app, ExerciseFlags& flags) {
  app.add_option("--dir", flags.directory, "the exercise's folder; else here, above, or just below")->type_name("DIR");
}

int list_exercises(const ExerciseFlags& flags) {
  Json json = Json::array();
  std::string text;
  for (const Exercise& exercise : exercises()) {
    const std::optional<Desk> desk = desk_near(exercise, flags);
    const Language language = desk ? desk->language : language_from(flags.language);
    json.push_back(exercise_json(exercise, desk));
    text += (text.empty() ? "" : "\n") + exercise_text(exercise, desk, language);
  }
  print(flags.json ? dumped(json) : text);
  return 0;
}

Action add_exercise_list(CLI::App& app) {
  auto flags = std::make_shared<ExerciseFlags>();
  app.add_flag("--json", flags->json, "print JSON");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [flags] { return list_exercises(*flags); };
}

Action add_exercise_start(CLI::App& app) {
  auto options = std::make_shared<StartOptions>();
  app.add_option("name", options->name, "the exercise")->type_name("NAME");
  app.add_option("--dir", options->directory, "the folder to make; else ./NAME")->type_name("DIR");
  add_language(app, *options);
  return [options] { return start(*options); };
}

Action add_exercise(CLI::App& app) {
  struct Part {
    CLI::App* app;
    Action action;
  };
  auto parts = std::make_shared<std::vector<Part>>();
  for (const SubVerb& verb : kSubVerbs) {
    CLI::App* sub = app.add_subcommand(verb.name, verb.text);
    sub->footer(std::string("Example:\n  ") + verb.example);
    sub->allow_extras();
    parts->push_back({sub, verb.add(*sub)});
  }
  app.require_subcommand(0, 1);
  auto flags = std::make_shared<ExerciseFlags>();
  app.add_flag("--json", flags->json, "print JSON");
  add_directory(app, *flags);
  add_language(app, *flags);
  return [parts, flags] {
    for (const Part& part : *parts) {
      if (part.app->parsed()) {
        refuse_leftovers(*part.app);
        return part.action();
      }
    }
    return list_exercises(*flags);
  };
}

}  // namespace cli
