// Pictures held against the rules that need no eyes, and kept if asked for: what pictures.cpp and lesson_pictures.cpp
// share.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ui/window/platform/picture.h"
#include "ui/window/platform/studio.h"

namespace tests {

struct Look {
  int width, height;
  draw::Theme theme;
  scope::Language language;
  std::string name() const {
    return fmt::format("{}x{}-{}-{}", width, height, draw::name_of(theme), scope::name_of(language));
  }
  void put_on(platform::Studio& studio) const {
    studio.resize(width, height, 1);
    studio.app().settings().theme = theme;
    studio.app().settings().language = language;
  }
};

/// Two sizes, three themes, two languages.
inline std::vector<Look> looks() {
  std::vector<Look> all;
  for (const auto& [width, height] : {std::pair{1280, 720}, std::pair{1920, 1080}}) {
    for (int theme = 0; theme < draw::kThemes; ++theme) {
      for (int language = 0; language < scope::kLanguages; ++language) {
        all.push_back({width, height, static_cast<draw::Theme>(theme), static_cast<scope::Language>(language)});
      }
    }
  }
  return all;
}

class Album {
 public:
  /// `folder`: where pictures are written; empty: nowhere.
  explicit Album(std::string folder) : folder_(std::move(folder)) {}

  void find(const std::string& what, const std::string& picture) {
    auto& [count, first] = findings_[what];
    first = count++ == 0 ? picture : first;
    ++total_;
  }

  /// The frame that was drawn last.
  void add(platform::Studio& studio, const std::string& name, const Look& look) {
    ++pictures_;
    for (const draw::Finding& finding : studio.audit()) {
      if (finding.what.find("by a layer over it") == std::string::npos) {  // what lies under a drawer or a sheet
        find(finding.what, name);
      }
    }
    if (studio.log().size() < 20) {
      find("the picture is nearly empty", name);
    }
    for (const draw::LogEntry& entry : studio.log()) {
      if (entry.kind == draw::LogEntry::Kind::text && !entry.text.empty() && entry.text.front() == '<' &&
          entry.text.find('.') != std::string::npos) {
        find(entry.text + " has no words", name);
      }
    }
    if (!folder_.empty()) {
      std::filesystem::create_directories(folder_);
      platform::write_png(fmt::format("{}/{}.png", folder_, name), studio.picture(), look.width, look.height);
    }
  }

  /// Prints what was found; the program's exit code.
  int close(const std::string& title) const {
    fmt::print("{}: {} pictures, {} findings of {} kinds\n", title, pictures_, total_, findings_.size());
    for (const auto& [what, where] : findings_) {
      fmt::print("  {}x {}\n     first in {}\n", where.first, what, where.second);
    }
    return findings_.empty() && pictures_ > 0 ? 0 : 1;
  }

 private:
  std::string folder_;
  int pictures_ = 0, total_ = 0;
  std::map<std::string, std::pair<int, std::string>> findings_;  // count, first picture
};

}  // namespace tests
