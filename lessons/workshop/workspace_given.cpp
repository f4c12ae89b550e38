// What comes with an exercise: the README, the header to read, and where editors find the rest.
#include <fmt/format.h>

#include <filesystem>

#include "lessons/workshop/workspace.h"
#include "sim/base/file.h"

namespace lessons {

namespace {

std::string paragraph(Language language, const Words& words) { return markdown(in(language, words)) + "\n\n"; }

// The exercise's own words on how to begin, in the language; else its title and summary.
std::string introduction(const Exercise& exercise, Language language) {
  const std::string path = fmt::format("{}/README.{}.md", exercise.folder, language == Language::zh ? "zh" : "en");
  if (std::filesystem::exists(path)) {
    const std::vector<unsigned char> text = sim::read_file(path);
    return {text.begin(), text.end()};
  }
  return "# " + paragraph(language, exercise.title) + paragraph(language, exercise.summary);
}

}  // namespace

std::string readme_of(const Exercise& exercise, Language language) {
  std::string out = introduction(exercise, language) + "\n";
  for (const Stage& stage : exercise.stages) {
    out += fmt::format("## {}. {}\n\n`{}`\n\n", stage_number(exercise, stage), markdown(in(language, stage.title)),
                       stage.file);
    out += paragraph(language, stage.task);
  }
  out.pop_back();
  return out;
}

std::vector<GivenFile> given_files(const Exercise& exercise, Language language, const std::string& headers) {
  const std::vector<unsigned char> header = sim::read_file(headers + "/lessons/workshop/exercise.h");
  const std::string flags = fmt::format("-xc++\n-std=c++20\n-I.\n-I{0}\n-I{0}/lessons/workshop\n", headers);
  const std::string clangd =
      fmt::format("CompileFlags:\n  Add: [-xc++, -std=c++20, '-I{0}', '-I{0}/lessons/workshop']\n", headers);
  return {{"README.md", readme_of(exercise, language), false},
          {"exercise.h", std::string(header.begin(), header.end()), true},
          {"compile_flags.txt", flags, false},
          {".clangd", clangd, false}};
}

}  // namespace lessons
