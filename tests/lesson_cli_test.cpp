// attoscope lesson, as an author uses it.
#include "tests/cli_support.h"

using namespace cli_test;

namespace {

const std::string kSkeleton = ATTOSCOPE_SOURCE_ASSETS "/../lessons/skeleton/lesson.toml";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

int line_of(const std::string& text, const std::string& part) {
  const auto at = static_cast<std::ptrdiff_t>(text.find(part));
  return static_cast<int>(1 + std::count(text.begin(), text.begin() + at, '\n'));
}

}  // namespace

TEST_CASE("lesson check walks through the skeleton and says what the simulator computed", "[cli][lesson]") {
  const Folder folder;
  for (const char* name : {"skeleton", "'" ATTOSCOPE_SOURCE_ASSETS "/../lessons/skeleton/lesson.toml'"}) {
    const Outcome outcome = folder.run(std::string("lesson check ") + name);
    CAPTURE(outcome.out, outcome.err);
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.out, "number: two_level.by_tensor.X.read_bytes = 96 B (exact)"));
    CHECK(contains(outcome.out, "choice: before.m.0 < at.m.0 = 1 (exact)"));
    CHECK(contains(outcome.out, "click: m"));
    CHECK_FALSE(contains(outcome.out, "warning"));
  }
}

TEST_CASE("lesson check tells all that is wrong, with file, line and step", "[cli][lesson]") {
  const Folder folder;
  std::string text = text_of(kSkeleton);
  text = replaced(text, "at = \"paper 4 #2\"", "at = \"paper 4 #9\"");
  text = replaced(text, "object = \"m\"", "object = \"W\"");
  folder.write("two.toml", text);
  const Outcome outcome = folder.run("lesson check two.toml skeleton");
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.out, "two.toml:" + std::to_string(line_of(text, "[[step]]\nid = \"numbers\"")) +
                                  ": step 'numbers': at: 'paper 4 #9' does not happen: line 4 runs 4 times"));
  CHECK(contains(outcome.out, "two.toml:" + std::to_string(line_of(text, "[[step]]\nid = \"point\"")) +
                                  ": step 'point': question.object: there is no 'W'"));
  CHECK(contains(outcome.out, "click: m"));  // the skeleton's own

  folder.write("key.toml", replaced(text, "highlight = [\"d\"]", "highligth = [\"d\"]"));
  const Outcome bad_key = folder.run("lesson check key.toml");
  CHECK(bad_key.code == 1);
  CHECK(contains(bad_key.out, "key.toml:" + std::to_string(line_of(text, "highlight = [\"d\"]")) +
                                  ": unknown key 'step.highligth'"));
  CHECK(contains(bad_key.out, "did you mean 'highlight'"));
}

TEST_CASE("lesson new makes a lesson that passes, once", "[cli][lesson]") {
  const Folder folder;
  CHECK(folder.run("lesson new mine").out == "./mine/lesson.toml\n");
  CHECK(text_of(folder.work() / "mine/lesson.toml") == text_of(kSkeleton));
  CHECK(folder.run("lesson check mine").code == 0);
  check_refused(folder, "lesson new mine", {"mine", "is there already"});
  CHECK(folder.run("lesson new other --dir deep/er").code == 0);
  CHECK(fs::exists(folder.work() / "deep/er/other/lesson.toml"));
  check_refused(folder, "lesson new 'My Lesson'", {"My Lesson", "small letters"});
  check_refused(folder, "lesson new", {"one name"});
  check_refused(folder, "lesson new a b", {"one name"});
}

TEST_CASE("lesson lists lessons and refuses what it does not know", "[cli][lesson]") {
  const Folder folder;
  const Json json = folder.json("lesson list --json");
  const Outcome table = folder.run("lesson list");
  CHECK(table.code == 0);
  CHECK_FALSE(contains(table.out, "skeleton"));
  int last = -1;
  for (const Json& row : json) {
    CAPTURE(row.dump());
    CHECK(contains(table.out, row["lesson"]));
    CHECK(row["number"].get<int>() >= last);
    last = row["number"];
    CHECK_FALSE(row["title"]["zh"].get<std::string>().empty());
    CHECK(row["steps"].get<int>() > 0);
  }
  check_refused(folder, "lesson", {"lesson", "list, check, new"});
  check_refused(folder, "lesson chek", {"can't chek", "did you mean 'check'"});
  check_refused(folder, "lesson check", {"which lesson"});
  check_refused(folder, "lesson check skeletn", {"skeletn", "no lesson", "did you mean 'skeleton'"});
}
