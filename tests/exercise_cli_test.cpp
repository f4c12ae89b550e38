// attoscope exercise, as a student, a teacher and an author run it.
#include "tests/exercise_support.h"
#include "tests/xml_check.h"

using namespace cli_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("an exercise is listed, started, and gone on with", "[cli][exercise]") {
  const Folder folder;
  check_schema(folder.run("exercise list --json").out, "exercises");
  check_prints(folder, "exercise", 0, {kName, "attoscope exercise start " + kName});
  const Outcome started = folder.run("exercise start " + kName);
  INFO(started.out << started.err);
  CHECK(started.code == 0);
  for (const char* name : {"README.md", "exercise.h", ".clangd", "compile_flags.txt", ".attoscope.toml"}) {
    CHECK(fs::exists(folder.work() / kName / name));
  }
  CHECK(text_of(folder.work() / kName / kFirst) == text_of(kSource / "safe-softmax/starter.cpp"));
  CHECK((fs::status(folder.work() / kName / "exercise.h").permissions() & fs::perms::owner_write) == fs::perms::none);
  CHECK_FALSE(fs::exists(folder.work() / kName / "solutions"));
  CHECK(contains(started.out, kName + "/" + kFirst));
  CHECK(contains(started.out, "attoscope exercise check\n"));
  // Again: what the student wrote stays, what is missing comes back.
  std::ofstream(folder.work() / kName / kFirst) << "mine";
  fs::remove(folder.work() / kName / "README.md");
  check_prints(folder, "exercise start", 0, {"Going on", "new: README.md"});
  CHECK(text_of(folder.work() / kName / kFirst) == "mine");
  const Json listed = folder.json("exercise list --json");
  CHECK(contains(listed[0]["folder"].get<std::string>(), kName));
  check_schema(listed.dump(), "exercises");
  check_prints(folder, "exercise list --dir " + kName, 0, {kFirst, "<- now", "0/4"});
}

TEST_CASE("what an exercise says is in the language asked for", "[cli][exercise]") {
  const Folder folder;
  check_prints(folder, "exercise start --lang zh", 0, {"已开始练习", "接下来"});
  CHECK(contains(text_of(folder.work() / kName / "README.md"), "每次保存后"));
  check_prints(folder, "exercise hint", 0, {"提示 1/"});  // as it was started
  check_prints(folder, "exercise hint --lang en", 0, {"Hint 2 of"});
  setenv("LANG", "zh_CN.UTF-8", 1);
  unsetenv("LC_ALL");
  check_prints(folder, "exercise grade " + kName + "x --lang en", 2, {});
  check_prints(folder, "exercise start --dir other", 0, {"已开始练习"});
  unsetenv("LANG");
  check_prints(folder, "exercise start --dir third", 0, {"Started"});
  check_refused(folder, "exercise list --lang fr", {"--lang", "'fr'", "en, zh"});
}

TEST_CASE("bad state files are refused, each with its place and a way out", "[cli][exercise]") {
  const Student student;
  const auto refused = [&](const std::string& state, const std::vector<std::string>& parts) {
    student.put(".attoscope.toml", state);
    for (const char* verb :
         {"exercise check", "exercise hint", "exercise reset 1", "exercise list", "exercise start"}) {
      check_refused(student, verb, parts);
    }
  };
  refused("version = 9\nexercise = \"x\"\nnew = 1\n", {".attoscope.toml:1", "version", "9", "newer attoscope"});
  refused("exercise = ", {".attoscope.toml:1", "exercise start"});
  refused("\xff\xfe", {".attoscope.toml", "exercise start"});
  refused("version = 1\n", {"'exercise' is missing", "exercise start"});
  refused("exercise = \"online-softmax\"\nlanguage = \"fr\"\n", {".attoscope.toml:2", "language", "'fr'", "en or zh"});
  refused("exercise = \"online-softmax\"\n[stages.merge]\npassed = 1\n",
          {".attoscope.toml:3", "passed", "true or false"});
  refused("exercise = \"online-softmax\"\n[stages.merge]\nhints = -1\n", {".attoscope.toml:3", "hints", "-1"});
  refused("exercise = \"online-softmax\"\n[stages.merge]\npased = true\n", {"pased", "did you mean 'passed'?"});
  student.put(".attoscope.toml", "exercise = \"online-sofmax\"\n");
  check_refused(student, "exercise check", {".attoscope.toml", "online-sofmax", "did you mean 'online-softmax'?"});
  check_refused(student, "exercise start --dir " + kName, {".attoscope.toml", "another exercise", "--dir"});
  // Without it the programs are found again.
  fs::remove(student.file(".attoscope.toml"));
  student.put(kFirst, "mine");
  check_refused(student, "exercise check", {".attoscope.toml", "exercise start online-softmax"});
  check_prints(student, "exercise start", 0, {"Started"});
  CHECK(text_of(student.file(kFirst)) == "mine");
}

TEST_CASE("reset keeps what was there", "[cli][exercise]") {
  const Student student;
  const std::string starter = text_of(student.file(kFirst));
  check_refused(student, "exercise reset", {"what is to be reset?", "--all", "--given"});
  check_refused(student, "exercise reset 1 --all", {"what is to be reset?"});
  check_prints(student, "exercise reset 1", 0, {kFirst + ": as it was given.\n"});
  CHECK_FALSE(fs::exists(student.file(kFirst + ".bak-1")));
  for (const char* n : {"1", "2"}) {
    student.put(kFirst, std::string("mine ") + n);
    check_prints(student, "exercise reset safe-softmax", 0, {kFirst + ".bak-" + n});
    CHECK(text_of(student.file(kFirst)) == starter);
    CHECK(text_of(student.file(kFirst + ".bak-" + n)) == std::string("mine ") + n);
  }
  student.put("2_online_softmax.cpp", "two");
  student.pass("safe-softmax");
  check_prints(student, "exercise reset --all", 0, {kFirst, "2_online_softmax.cpp.bak-1", "4_attention.cpp"});
  CHECK_FALSE(contains(text_of(student.file(".attoscope.toml")), "passed = true"));
}

TEST_CASE("a given file that was changed fails the verdict until it is put back", "[cli][exercise]") {
  const Student student;
  const std::string given = text_of(student.file("exercise.h"));
  const std::string check = "exercise check";
  for (const bool removed : {false, true}) {
    removed ? void(fs::remove(student.file("exercise.h"))) : student.put("exercise.h", "#define safe_softmax hack\n");
    check_prints(student, check, 1,
                 {"FAILED  The given files", "'exercise.h' has been changed or removed", "skipped",
                  "attoscope exercise reset --given"});
    const Outcome json = student.run(check + " --json");
    check_schema(json.out, "verdicts");
    CHECK(json.code == 1);
    CHECK(Json::parse(json.out)["stages"][0]["checks"][0]["check"] == "files");
    check_prints(student, "exercise reset --given", 0, {"exercise.h: as it was given"});
    CHECK(text_of(student.file("exercise.h")) == given);
  }
  CHECK(text_of(student.file("exercise.h.bak-1")) == "#define safe_softmax hack\n");
  check_prints(student, "exercise reset --given", 0, {"All given files are as they were"});
  // Of an older version, unchanged: brought up to date.
  const std::string state = text_of(student.file(".attoscope.toml"));
  student.put("README.md", "mine");
  check_prints(student, "exercise start", 0, {"Going on"});
  CHECK(text_of(student.file("README.md")) == "mine");
  CHECK(text_of(student.file(".attoscope.toml")) == state);
}

TEST_CASE("hints come one by one, the solution after a pass", "[cli][exercise]") {
  const Student student;
  check_prints(student, "exercise hint", 0, {"Hint 1 of 3, stage 1", "2 more: attoscope exercise hint 1"});
  check_prints(student, "exercise hint", 0, {"Hint 2 of 3", "1 more"});
  check_prints(student, "exercise hint 3", 0, {"Hint 1 of 3, stage 3"});
  check_prints(student, "exercise hint --level 1", 0, {"Hint 1 of 3, stage 1"});
  check_prints(student, "exercise hint", 0, {"Hint 3 of 3", "the last hint"});
  check_prints(student, "exercise hint", 0, {"Hint 3 of 3"});
  check_refused(student, "exercise hint --level 4", {"--level", "4", "1 to 3"});
  check_refused(student, "exercise hint --level -1", {"--level", "-1"});
  check_refused(student, "exercise solution", {"of which stage?", "exercise solution 1"});
  check_refused(student, "exercise solution 1",
                {kFirst, "once yours has passed", "exercise hint 1", "exercise check 1"});
  CHECK_FALSE(fs::exists(student.file("solutions")));
  student.pass("safe-softmax");
  check_prints(student, "exercise solution 1", 0, {"solutions/" + kFirst, "void safe_softmax("});
  CHECK(fs::exists(student.file("solutions/" + kFirst)));
  CHECK(student.json("exercise list --json")[0]["stages"][0]["hints_shown"] == 3);
}

TEST_CASE("exercises' flags and names are answered with the nearest", "[cli][exercise]") {
  const Student student;
  check_refused(student, "exercise chek", {"unexpected argument 'chek'", "did you mean 'check'?"});
  check_refused(student, "exercise check --opne", {"unknown flag '--opne'", "did you mean '--open'?"});
  check_refused(student, "exercise check online-sofmax",
                {"no stage 'online-sofmax'", "did you mean 'online-softmax'?"});
  check_refused(student, "exercise check 5", {"no stage '5'", "safe-softmax"});
  check_refused(student, "exercise check 1 --all", {"--all"});
  check_refused(student, "exercise check --dir nowhere", {"nowhere", "no folder"});
  check_refused(student, "exercise start online", {"no exercise 'online'", kName});
  check_refused(student, "exercise start --dir " + kName + "/" + kFirst, {kFirst, "--dir"});
  check_refused(student, "exercise grade", {"which folder?", "attoscope exercise grade DIR"});
  check_refused(student, "exercise grade nowhere", {"'nowhere' is no folder"});
  check_refused(student, "exercise grade . ", {"holds no exercise's files", kFirst, "--exercise"});
  check_refused(student, "exercise grade " + kName + " --format junt", {"--format", "'junt'", "did you mean 'junit'?"});
  check_refused(student, "exercise verify online --jobs 2", {"no exercise 'online'"});
  check_refused(student, "exercise verify --jobs -2", {"--jobs", "-2", "1 to 64"});
}

TEST_CASE("a stage whose file is gone fails, and says how to make it again", "[cli][exercise]") {
  const Student student;
  fs::remove(student.file(kFirst));
  const Outcome outcome = student.run("exercise check");
  INFO(outcome.out);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.out, "'" + kFirst + "' is not there"));
  CHECK(student.run(command_after(outcome.out, "make it again")).code == 0);
  CHECK(fs::exists(student.file(kFirst)));
}

TEST_CASE("what a check prints leads through every stage", "[cli][exercise][slow]") {
  const Student student;
  const std::vector<std::pair<std::string, std::string>> stages = {{"safe-softmax", kFirst},
                                                                   {"online-softmax", "2_online_softmax.cpp"},
                                                                   {"merge", "3_merge.cpp"},
                                                                   {"attention", "4_attention.cpp"}};
  std::string next = "exercise check";
  for (const auto& [stage, file] : stages) {
    CAPTURE(stage);
    const Outcome failed = student.run(next);
    INFO(failed.out << failed.err);
    CHECK(failed.code == 1);
    CHECK(contains(failed.out, file));
    CHECK(contains(failed.out, "FAILED"));
    CHECK(student.run(command_after(failed.out, "a hint")).code == 0);
    student.solve(stage, file);
    const Outcome passed = student.run(command_after(failed.out, "check again"));
    INFO(passed.out << passed.err);
    CHECK(passed.code == 0);
    CHECK_FALSE(contains(passed.out, "FAILED"));
    CHECK(text_of(student.file("solutions/" + file)) == text_of(kSource / stage / "solution.cpp"));
    if (stage != stages.back().first) {
      next = command_after(passed.out, "then");
    } else {
      CHECK(contains(passed.out, "All 4 stages have passed."));
    }
  }
  const Outcome all = student.run("exercise check --all --json");
  CHECK(all.code == 0);
  check_schema(all.out, "verdicts");
  CHECK(Json::parse(all.out)["stages"].size() == 4);
}

TEST_CASE("a failure is explained with case, step, values, line and a file for the window", "[cli][exercise][slow]") {
  const Student student;
  student.put("2_online_softmax.cpp", text_of(kSource / "online-softmax/mutants/l_not_rescaled.cpp"));
  const std::string path = kName + "/failures/failure.toml";
  check_prints(student, "exercise check 2 --open", 1,
               {"FAILED  Right when the maximum rises", "Case '", "expected", "got", "<- differs", "l[", "m[",
                "attoscope window --open " + path, "2_online_softmax.cpp:"});
  CHECK(fs::exists(student.work() / path));
  const std::string opened = student.run("exercise check 2 --open").out;
  CHECK((contains(opened, "attoscope render " + path + " -o failure.png") ||
         contains(opened, "built without the window, which could open " + path)));
  const Outcome json = student.run("exercise check online-softmax --json");
  check_schema(json.out, "verdicts");
  CHECK(Json::parse(json.out)["stages"][0]["failure_file"] == path);
  student.put("2_online_softmax.cpp", "#include \"exercise.h\"\nvoid online_softmax(\n");
  check_prints(student, "exercise check " + kName + "/2_online_softmax.cpp", 1, {"FAILED", "error:", "skipped"});
}

TEST_CASE("grades come in every format, and trust nothing but the programs", "[cli][exercise][slow]") {
  const Student student;
  student.solve("safe-softmax", kFirst);
  fs::remove(student.file("3_merge.cpp"));
  student.put("exercise.h", "#error the student's own\n");
  student.put(".attoscope.toml", "bad");
  const std::string grade = "exercise grade " + kName + " --lang en --format ";
  check_prints(student, grade + "terminal", 1, {"FAILED", "'3_merge.cpp' is not there", " of "});
  check_prints(student, grade + "json -o g.json", 1, {});
  check_schema(text_of(student.work() / "g.json"), "verdicts");
  const Json json = Json::parse(text_of(student.work() / "g.json"));
  CHECK(json["stages"][0]["passed"] == true);
  CHECK(json["points"] > 0);
  CHECK(json["points"] < json["points_max"]);
  for (const char* format : {"classroom50", "gradescope", "exercism"}) {
    const Outcome outcome = student.run(grade + format);
    CHECK(outcome.code == 0);
    check_schema(outcome.out, format);
  }
  const Outcome junit = student.run(grade + "junit");
  CHECK(junit.code == 1);
  CHECK(xml_check::Parser(junit.out).document().children.size() == 4);
  check_prints(student, grade + "github", 1, {"::error file=" + kName + "/3_merge.cpp,line=1,", "::notice "});
}
