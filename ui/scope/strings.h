// Words of the interface in English and Chinese. Files under assets/strings hold both side by side, so that a missing
// translation is an error of its line:
//   [stage.never_written]
//   en = "never written"
//   zh = "从不写入"
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scope {

enum class Language : std::uint8_t { en, zh };
inline constexpr int kLanguages = 2;
std::string_view name_of(Language language);

class Strings {
 public:
  /// All files *.toml of the directory. Throws sim::Error naming file, line and key: unreadable, a key that another
  /// file has, a language missing or empty, placeholders {name} that differ between the languages.
  static Strings load(const std::string& directory);

  void use(Language language) { language_ = language; }
  Language language() const { return language_; }

  /// The words of `key`; the key itself, in angle brackets, if there are none (tests look for them).
  std::string_view get(std::string_view key) const;
  std::string_view get(std::string_view key, Language language) const;
  bool has(std::string_view key) const;
  std::vector<std::string_view> keys() const;

  /// get() with every {name} replaced.
  std::string format(std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& values) const;

 private:
  std::map<std::string, std::array<std::string, kLanguages>, std::less<>> words_;
  Language language_ = Language::en;
};

}  // namespace scope
