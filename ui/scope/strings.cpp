// Words of the interface: TOML in, checked in both languages.
#include "ui/scope/strings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "sim/base/toml_text.h"

namespace scope {
namespace {

constexpr std::size_t kFileBytesMax = 4U << 20U;
constexpr std::array<Language, kLanguages> kAllLanguages{Language::en, Language::zh};

using Words = std::map<std::string, std::array<std::string, kLanguages>, std::less<>>;

bool names_placeholder(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// The first {name} at or after `from`: where it starts and one past its end; npos if there is none.
std::pair<std::size_t, std::size_t> find_placeholder(std::string_view text, std::size_t from) {
  for (std::size_t open = text.find('{', from); open != std::string_view::npos; open = text.find('{', open + 1)) {
    std::size_t end = open + 1;
    while (end < text.size() && names_placeholder(text[end])) {
      ++end;
    }
    if (end > open + 1 && end < text.size() && text[end] == '}') {
      return {open, end + 1};
    }
  }
  return {std::string_view::npos, std::string_view::npos};
}

std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> names;
  for (auto [open, end] = find_placeholder(text, 0); open != std::string_view::npos;
       std::tie(open, end) = find_placeholder(text, end)) {
    names.emplace(text.substr(open, end - open));
  }
  return names;
}

std::string listed(const std::set<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, " "));
}

struct Reader {
  const std::string& source;
  Words& words;

  [[noreturn]] void fail(const toml::node& node, std::string message, std::string hint) const {
    throw sim::Error(sim::at_line(source, node.source()), std::move(message), std::move(hint));
  }

  std::string language_of(const toml::table& table, const std::string& key, Language language) const {
    const std::string name(name_of(language));
    const toml::node* node = table.get(name);
    const std::string shown = sim::printable(key);
    if (node == nullptr) {
      fail(table, fmt::format("'{}' has no {}", shown, name), fmt::format("add {} = \"...\" to the table", name));
    }
    if (!node->is_string()) {
      fail(*node, fmt::format("'{}.{}' is {}; expected a string", shown, name, sim::described(*node)),
           fmt::format("write {} = \"...\"", name));
    }
    const std::string text = *node->value<std::string>();
    if (text.find_first_not_of(" \t\n") == std::string::npos) {
      fail(*node, fmt::format("'{}.{}' is empty", shown, name), "write the words, or remove the key in both languages");
    }
    return text;
  }

  void read_words(const toml::table& table, const std::string& key) const {
    std::array<std::string, kLanguages> texts;
    for (const Language language : kAllLanguages) {
      texts[static_cast<std::size_t>(language)] = language_of(table, key, language);
    }
    const std::set<std::string> en = placeholders(texts[0]), zh = placeholders(texts[1]);
    if (en != zh) {
      fail(table,
           fmt::format("the placeholders of '{}' differ: en has {}, zh has {}", sim::printable(key), listed(en),
                       listed(zh)),
           "use the same {names} in both languages, in any order");
    }
    if (!words.emplace(key, std::move(texts)).second) {
      fail(table, fmt::format("'{}' is in another file too", sim::printable(key)), "remove one, or rename it");
    }
  }

  /// A table with en or zh is words; tables inside it are further keys: "run.play" and "run.play.tip".
  void read_table(const toml::table& table, const std::string& prefix) const {
    if (table.contains("en") || table.contains("zh")) {
      read_words(table, prefix);
    }
    for (const auto& [name, node] : table) {
      if (name.str() == "en" || name.str() == "zh") {
        continue;
      }
      const std::string key = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
      if (const toml::table* inner = node.as_table()) {
        read_table(*inner, key);
      } else {
        fail(node,
             fmt::format("'{}' is {}; expected a table with en and zh", sim::printable(key), sim::described(node)),
             fmt::format("write [{}] with en = \"...\" and zh = \"...\" below", sim::printable(key)));
      }
    }
  }
};

std::vector<std::string> toml_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator it(directory, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".toml") {
      files.push_back(it->path().string());
    }
  }
  if (error || files.empty()) {
    throw sim::Error(directory, error ? "can't be read: " + error.message() : "holds no *.toml file",
                     "the words of the window are in assets/strings; install the program with its assets");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string_view name_of(Language language) { return language == Language::zh ? "zh" : "en"; }

Strings Strings::load(const std::string& directory) {
  Strings strings;
  for (const std::string& file : toml_files(directory)) {
    const std::vector<unsigned char> bytes = sim::read_file(file);
    const toml::table root = sim::parse_toml(std::string(bytes.begin(), bytes.end()), kFileBytesMax, file);
    for (const std::string_view language : {"en", "zh"}) {
      if (const toml::node* node = root.get(language)) {
        throw sim::Error(sim::at_line(file, node->source()), fmt::format("'{}' is outside of any table", language),
                         "write a [key] above it");
      }
    }
    Reader{file, strings.words_}.read_table(root, "");
  }
  return strings;
}

std::string_view Strings::get(std::string_view key, Language language) const {
  const auto it = words_.find(key);
  if (it != words_.end()) {
    return it->second[static_cast<std::size_t>(language)];
  }
  // A view must outlive the call: unknown keys are kept, in angle brackets.
  static thread_local std::set<std::string, std::less<>> unknown;
  return *unknown.insert(fmt::format("<{}>", key)).first;
}

std::string_view Strings::get(std::string_view key) const { return get(key, language_); }

bool Strings::has(std::string_view key) const { return words_.find(key) != words_.end(); }

std::vector<std::string_view> Strings::keys() const {
  std::vector<std::string_view> keys;
  keys.reserve(words_.size());
  for (const auto& [key, texts] : words_) {
    keys.push_back(key);
  }
  return keys;
}

std::string Strings::format(std::string_view key,
                            const std::vector<std::pair<std::string_view, std::string>>& values) const {
  const std::string_view text = get(key);
  std::string result;
  std::size_t done = 0;
  for (auto [open, end] = find_placeholder(text, 0); open != std::string_view::npos;
       std::tie(open, end) = find_placeholder(text, end)) {
    result += text.substr(done, open - done);
    const std::string_view name = text.substr(open + 1, end - open - 2);
    const auto value =
        std::find_if(values.begin(), values.end(), [name = name](const auto& v) { return v.first == name; });
    result += value != values.end() ? value->second : std::string(text.substr(open, end - open));
    done = end;
  }
  return result += text.substr(done);
}

}  // namespace scope
