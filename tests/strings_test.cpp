// The words of the interface: what the files must hold, and how a mistake in them is told.
#include "ui/scope/strings.h"

#include <filesystem>
#include <random>
#include <string>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "tests/catch.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using scope::Language;
using scope::Strings;

/// A folder of string files, gone at the end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("strings_test_" + std::to_string(std::random_device()()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Folder& with(const std::string& name, const std::string& text) {
    sim::write_file((path_ / name).string(), text);
    return *this;
  }
  std::string path() const { return path_.string(); }
  Strings load() const { return Strings::load(path()); }
  std::string error() const {
    try {
      load();
    } catch (const sim::Error& e) {
      return e.what();
    }
    return {};
  }

 private:
  std::filesystem::path path_;
};

std::string error_of(const std::string& text) { return Folder().with("words.toml", text).error(); }

}  // namespace

TEST_CASE("strings: words in the language that is on", "[strings]") {
  Strings strings =
      Folder()
          .with("a.toml", "[run.play]\nen = \"Play\"\nzh = \"播放\"\n[run.play.tip]\nen = \"x\"\nzh = \"y\"\n")
          .load();
  CHECK(strings.get("run.play") == "Play");
  strings.use(Language::zh);
  CHECK(strings.get("run.play") == "播放");
  CHECK(strings.get("run.play.tip") == "y");
  CHECK(strings.get("run.play", Language::en) == "Play");
  CHECK(strings.has("run.play"));
  CHECK_FALSE(strings.has("run"));
  CHECK(strings.keys().size() == 2);
}

TEST_CASE("strings: an unknown key is shown in angle brackets, and stays valid", "[strings]") {
  const Strings strings = Folder().with("a.toml", "[a]\nen = \"A\"\nzh = \"A\"\n").load();
  const std::string_view first = strings.get("no.such");
  for (int i = 0; i < 100; ++i) {
    strings.get("other" + std::to_string(i));
  }
  CHECK(first == "<no.such>");
}

TEST_CASE("strings: placeholders are replaced, in any order, an unknown one stays", "[strings]") {
  Strings strings = Folder()
                        .with("a.toml",
                              "[fly]\nen = \"{tile}, {bytes}, flies to {where} {tile}\"\n"
                              "zh = \"{tile}（{bytes}）飞向 {where}\"\n[brace]\nen = \"a { b } {} {A}\"\nzh = \"x\"\n")
                        .load();
  CHECK(strings.format("fly", {{"tile", "K7"}, {"bytes", "8,192 B"}}) == "K7, 8,192 B, flies to {where} K7");
  CHECK(strings.format("fly", {{"tile", "{bytes}"}, {"bytes", "1"}, {"where", "SMEM"}}) ==
        "{bytes}, 1, flies to SMEM {bytes}");
  CHECK(strings.format("brace", {{"b", "no"}}) == "a { b } {} {A}");
  strings.use(Language::zh);
  CHECK(strings.format("fly", {{"tile", "K7"}, {"bytes", "8,192 B"}, {"where", "SMEM"}}) == "K7（8,192 B）飞向 SMEM");
}

TEST_CASE("strings: a mistake is told with file, line, key and hint", "[strings]") {
  struct Case {
    std::string text, where, what;
  };
  const Case cases[] = {
      {"[a.b]\nen = \"x\"\n", "words.toml:1", "'a.b' has no zh"},
      {"\n[a.b]\nzh = \"x\"\n", "words.toml:2", "'a.b' has no en"},
      {"[a.b]\nen = \"x\"\nzh = \"\"\n", "words.toml:3", "'a.b.zh' is empty"},
      {"[a.b]\nen = \"  \"\nzh = \"x\"\n", "words.toml:2", "'a.b.en' is empty"},
      {"[a.b]\nen = \"x\"\nzh = 3\n", "words.toml:3", "'a.b.zh' is "},
      {"[a.b]\nen = \"x {n}\"\nzh = \"x {m}\"\n", "words.toml:1", "en has {n}, zh has {m}"},
      {"[a.b]\nen = \"x {n}\"\nzh = \"x\"\n", "words.toml:1", "en has {n}, zh has none"},
      {"[a.b]\nen = \"x\"\nzh = \"x\"\nde = \"x\"\n", "words.toml:4", "'a.b.de'"},
      {"[a]\nb = \"x\"\n", "words.toml:2", "'a.b' is the string"},
      {"en = \"x\"\nzh = \"y\"\n", "words.toml:1", "'en' is outside of any table"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const std::string error = error_of(c.text);
    CHECK_THAT(error, ContainsSubstring(c.where + ": "));
    CHECK_THAT(error, ContainsSubstring(c.what));
    CHECK_THAT(error, ContainsSubstring("hint: "));
  }
}

TEST_CASE("strings: what is no TOML, a key of two files, a folder without files", "[strings]") {
  CHECK_THAT(error_of("[a\n"), ContainsSubstring("words.toml:1"));
  const std::string words = "[a.b]\nen = \"x\"\nzh = \"x\"\n";
  const std::string twice = Folder().with("one.toml", words).with("two.toml", "\n" + words).error();
  CHECK_THAT(twice, ContainsSubstring("two.toml:2: 'a.b' is in another file too"));
  const Folder empty;
  CHECK_THAT(empty.error(), ContainsSubstring(empty.path()));
  CHECK_THAT(empty.error(), ContainsSubstring("holds no *.toml file"));
  CHECK_THROWS_AS(Strings::load("/no/such/folder"), sim::Error);
}

TEST_CASE("strings: the program's own have both languages", "[strings]") {
  const Strings strings = Strings::load(ATTOSCOPE_SOURCE_ASSETS "/strings");
  CHECK(strings.keys().size() > 50);
  for (const std::string_view key : strings.keys()) {
    INFO(key);
    CHECK_FALSE(strings.get(key, Language::en).empty());
    CHECK_FALSE(strings.get(key, Language::zh).empty());
  }
  for (const char* key : {"badge.exact", "badge.modelled", "badge.measured", "unit.tensor", "level.hbm"}) {
    CHECK(strings.has(key));
  }
}
