// attoscope exercise verify: is the exercise itself right?
#include <algorithm>
#include <thread>

#include "lessons/workshop/kill_matrix.h"
#include "sim/base/error.h"
#include "ui/cli/assets.h"
#include "ui/cli/exercise_command.h"

namespace cli {

namespace {

using lessons::Trial;
using lessons::Tried;

constexpr int kJobsMax = 64;

struct VerifyFlags : ExerciseFlags {
  std::string name;
  bool matrix = false;
  int jobs = 0;
};

const char* name_of(Trial::Kind kind) {
  return kind == Trial::Kind::starter ? "starter" : kind == Trial::Kind::right ? "right" : "mutant";
}

/// One program's line; with a matrix on stdout it goes to stderr.
void tell(const Tried& tried, std::FILE* to) {
  const bool fine = tried.surprise.empty();
  const lessons::CheckResult* failed = tried.verdict.first_failed();
  fmt::print(to, "{}  {} {} {}  {}\n", fine ? "ok      " : "SURPRISE", tried.trial.stage->id, name_of(tried.trial.kind),
             tried.trial.name,
             fine ? failed == nullptr ? "" : "dies of " + failed->id : lessons::clean_text(tried.surprise));
  std::fflush(to);
}

int verify_one(const lessons::Exercise& exercise, const VerifyFlags& flags, Language language) {
  lessons::CheckOptions options;
  options.assets = assets_directory();
  const std::vector<Trial> trials = lessons::trials_of(exercise);
  const std::vector<Tried> tried = lessons::try_all(
      trials, flags.jobs,
      [&](const Trial& trial) { return lessons::check_stage(exercise, *trial.stage, trial.path, options); },
      [&](const Tried& one) { tell(one, flags.matrix ? stderr : stdout); });
  if (flags.matrix) {
    print(lessons::kill_matrix(exercise, tried));
  }
  const auto surprises =
      std::count_if(tried.begin(), tried.end(), [](const Tried& one) { return !one.surprise.empty(); });
  const auto mutants =
      std::count_if(trials.begin(), trials.end(), [](const Trial& trial) { return trial.kind == Trial::Kind::mutant; });
  fmt::print(flags.matrix ? stderr : stdout, "{}",
             say(language,
                 {"{}: {} programs, {} of them wrong ones; {} surprises\n",
                  "{}：{} 个程序，其中 {} 个是错误程序；{} 个意外\n"},
                 exercise.id, trials.size(), mutants, surprises));
  return surprises == 0 ? 0 : kFailed;
}

int verify(VerifyFlags flags) {
  const Language language = language_from(flags.language);
  if (flags.jobs < 0 || flags.jobs > kJobsMax) {
    throw sim::Error("--jobs", fmt::format("{} is out of range: 1 to {}", flags.jobs, kJobsMax));
  }
  flags.jobs = flags.jobs > 0 ? flags.jobs : static_cast<int>(std::max(2U, std::thread::hardware_concurrency()));
  if (!flags.name.empty()) {
    return verify_one(lessons::find_exercise(exercises(), flags.name), flags, language);
  }
  int code = 0;
  for (const lessons::Exercise& exercise : exercises()) {
    code = std::max(code, verify_one(exercise, flags, language));
  }
  return code;
}

}  // namespace

Action add_exercise_verify(CLI::App& app) {
  auto flags = std::make_shared<VerifyFlags>();
  app.add_option("name", flags->name, "the exercise; else all")->type_name("NAME");
  app.add_flag("--matrix", flags->matrix, "print which check kills which wrong program, as Markdown");
  app.add_option("--jobs", flags->jobs, "programs checked at once; else as many as there are cores")->type_name("N");
  add_language(app, *flags);
  return [flags] { return verify(*flags); };
}

}  // namespace cli
