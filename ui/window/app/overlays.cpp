#include "ui/window/app/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace app {

namespace {

using draw::Face;
using draw::Rect;
using draw::Ui;

constexpr std::array kGroups = {"run", "places", "view", "panels", "files", "lesson"};
constexpr float kRow = 25;

// The letters of `text` in order in `words`: the sum of the gaps between them, or -1.
int fuzzy(std::string_view words, std::string_view text) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  int cost = 0;
  std::size_t at = 0;
  for (const char c : text) {
    if (c == ' ') {
      continue;
    }
    const std::size_t from = at;
    while (at < words.size() && lower(words[at]) != lower(c)) {
      ++at;
    }
    if (at == words.size()) {
      return -1;
    }
    cost += static_cast<int>(at - from);
    ++at;
  }
  return cost;
}

std::string label(const scope::Strings& strings, const Command& command) {
  return std::string(strings.get(fmt::format("command.{}", command.name)));
}

void keycap(Ui& ui, float right, float y, const std::string& keys) {
  const float width = ui.p.width_of(keys, {13, Face::mono}) + 12;
  const Rect box{right - width, y, width, 20};
  ui.p.fill(box, ui.colors().raised, 4);
  ui.p.frame(box, ui.colors().edge, 1, 4);
  ui.p.text({box.x + 6, box.y + 2}, keys, {13, Face::mono}, ui.colors().ink);
}

// Bookmarks 1 to 9 are one row each of two kinds: nine times the same words say no more.
bool repeats(const Command& command) {
  const std::string_view name = command.name;
  return name.find("bookmark_") != std::string_view::npos && name.back() != '1';
}

float group_height(std::size_t group) {
  const auto rows = std::count_if(commands().begin(), commands().end(), [&](const Command& c) {
    return static_cast<std::size_t>(c.group) == group && *c.keys != 0 && !repeats(c);
  });
  return 34 + kRow * static_cast<float>(rows) + 14;
}

void help_group(Ui& ui, const KeyMap& keys, Rect at, std::size_t group) {
  ui.p.text({at.x, at.y}, ui.words(fmt::format("group.{}", kGroups[group])), {15, Face::semibold}, ui.colors().ink);
  at.cut_top(30);
  for (const Command& command : commands()) {
    if (static_cast<std::size_t>(command.group) != group || repeats(command)) {
      continue;
    }
    std::string shown = keys.shown(command.name);
    if (shown.empty()) {
      continue;
    }
    shown += std::string_view(command.name).find("bookmark_1") != std::string_view::npos ? "–9" : "";
    keycap(ui, at.right(), at.y, shown);
    const float taken = ui.p.width_of(shown, {13, Face::mono}) + 20;
    ui.p.text_within({at.x, at.y + 1}, at.w - taken, label(ui.strings, command), {13}, ui.colors().ink);
    at.cut_top(kRow);
  }
}

}  // namespace

Rect sheet(Ui& ui, const Rect& window, float width, float height) {
  Rect box{window.center().x - width / 2, window.center().y - height / 2, width, height};
  box.x = std::max(8.0F, box.x);
  box.y = std::max(8.0F, box.y);
  ui.shield(window);
  ui.p.fill(window, ui.colors().background.with_alpha(0.7F));
  ui.p.fill(box, ui.colors().panel, 8);
  ui.p.frame(box, ui.colors().edge, 1, 8);
  return box;
}

bool help_sheet(Ui& ui, const Rect& window, const KeyMap& keys) {
  const bool narrow = window.w < 1000;
  const std::array<float, 3> heights = {group_height(0) + group_height(4), group_height(1) + group_height(5),
                                        group_height(2) + group_height(3)};
  const float content =
      narrow ? heights[0] + heights[1] + heights[2] : *std::max_element(heights.begin(), heights.end());
  const float width = std::min(window.w - 24, narrow ? 420.0F : 1080.0F);
  Rect box = sheet(ui, window, width, std::min(content + 84, window.h - 16)).inset(24, 16);
  const Rect head = box.cut_top(40, 8);
  ui.p.text({head.x, head.y}, ui.words("help.title"), {20, Face::semibold}, ui.colors().ink);
  const bool close =
      ui.icon_button("help.close", {head.right() - 32, head.y, 32, 32}, draw::Icon::close, ui.words("action.close"));
  const Rect inner = ui.begin_scroll("help", box, content);
  const float column = narrow ? inner.w : (inner.w - 56) / 3;
  constexpr std::array<std::array<int, 2>, 3> kColumns = {{{0, 4}, {1, 5}, {2, 3}}};
  float x = inner.x, y = inner.y;
  for (const auto& groups : kColumns) {
    for (const int group : groups) {
      if (group >= 0) {
        const auto g = static_cast<std::size_t>(group);
        help_group(ui, keys, {x, y, column, group_height(g)}, g);
        y += group_height(g);
      }
    }
    if (!narrow) {
      x += column + 28;
      y = inner.y;
    }
  }
  ui.end_scroll();
  return close;
}

std::vector<const Command*> matching(const scope::Strings& strings, const std::string& text) {
  std::vector<std::pair<int, const Command*>> hits;
  for (const Command& command : commands()) {
    const std::string key = fmt::format("command.{}", command.name);
    int best = -1;
    for (const auto language : {scope::Language::en, scope::Language::zh}) {
      const int cost = fuzzy(strings.get(key, language), text);
      best = cost >= 0 && (best < 0 || cost < best) ? cost : best;
    }
    if (best >= 0) {
      hits.emplace_back(best, &command);
    }
  }
  std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const Command*> result;
  for (const auto& [cost, command] : hits) {
    result.push_back(command);
  }
  return result;
}

std::optional<std::string> palette_sheet(Ui& ui, const Rect& window, const KeyMap& keys, std::string& text, int row) {
  const std::vector<const Command*> hits = matching(ui.strings, text);
  const float width = std::min(560.0F, window.w - 24);
  Rect box = sheet(ui, window, width, std::min(460.0F, window.h - 16)).inset(12);
  ui.input("palette.text", box.cut_top(38, 8), text, ui.words("palette.hint"), true);
  if (hits.empty()) {
    ui.p.text({box.x + 8, box.y + 6}, ui.words("palette.none"), {15}, ui.colors().ink2);
    return std::nullopt;
  }
  std::optional<std::string> chosen;
  constexpr float kHit = 32;
  const auto shown = static_cast<int>(box.h / kHit);
  const int first = std::clamp(row - shown + 1, 0, std::max(0, static_cast<int>(hits.size()) - shown));
  for (int n = first; n < std::min(first + shown, static_cast<int>(hits.size())); ++n) {
    const Command& command = *hits[static_cast<std::size_t>(n)];
    const Rect line = box.cut_top(kHit);
    const auto touch = ui.touch(fmt::format("palette.{}", command.name), line);
    if (n == row || touch.hovered) {
      ui.p.fill(line, ui.colors().raised, 5);
    }
    if (n == row) {
      ui.p.fill({line.x, line.y + 6, 3, line.h - 12}, ui.colors().ink);
    }
    const std::string key = keys.shown(command.name);
    const float taken = key.empty() ? 0 : ui.p.width_of(key, {13, Face::mono}) + 24;
    ui.p.text_within({line.x + 12, line.y + 6}, line.w - 20 - taken, label(ui.strings, command), {15}, ui.colors().ink);
    if (!key.empty()) {
      keycap(ui, line.right() - 8, line.y + 6, key);
    }
    if (touch.pressed) {
      chosen = command.name;
    }
  }
  return chosen;
}

bool notice_strip(Ui& ui, const Rect& stage, const Notice& notice) {
  const draw::Palette& colors = ui.colors();
  const float width = std::min(stage.w - 32, notice.error ? 640.0F : 420.0F);
  const draw::Paragraph detail = draw::layout(notice.detail, {13}, width - 84, ui.p.scale());
  const draw::Paragraph hint = draw::layout(notice.hint, {13}, width - 84, ui.p.scale());
  const float height =
      34 + (notice.detail.empty() ? 0 : detail.height + 4) + (notice.hint.empty() ? 0 : hint.height + 4);
  const Rect box{stage.center().x - width / 2, stage.y + 14, width, height};
  ui.shield(box);
  ui.p.fill(box, colors.panel, 6);
  ui.p.frame(box, notice.error ? colors.error_mark : colors.edge, 1.5F, 6);
  float x = box.x + 14;
  if (notice.error) {
    ui.p.fill({box.x, box.y, 6, box.h}, colors.error_mark);
    draw::warning(ui.p, {x + 10, box.y + 17}, 9);
    x += 28;
  }
  float y = box.y + 7;
  ui.p.text_within({x, y}, box.right() - 44 - x, notice.title, {15, Face::semibold},
                   notice.error ? colors.error_text : colors.ink);
  y += 24;
  if (!notice.detail.empty()) {
    y += draw::paint(ui.p, {x, y}, detail, {13}, colors.ink).h + 4;
  }
  if (!notice.hint.empty()) {
    draw::paint(ui.p, {x, y}, hint, {13}, colors.ink2);
  }
  return ui.icon_button("notice.close", {box.right() - 34, box.y + 3, 28, 28}, draw::Icon::close,
                        ui.words("action.close"), true, false, false);
}

}  // namespace app
