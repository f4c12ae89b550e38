#include "ui/window/app/lesson_course.h"

#include <fmt/format.h>

#include <algorithm>

#include "ui/window/app/overlays.h"

namespace app {

namespace {

using draw::Face;
using draw::Rect;
using draw::Ui;

constexpr float kPadding = 12, kNumber = 46;
constexpr draw::TextStyle kTitle{18, Face::semibold}, kSummary{15, Face::regular}, kSmall{13, Face::regular};

struct Entry {
  draw::Paragraph title, summary;
  float height() const { return title.height + summary.height + 2 * kPadding + 4; }
};

Entry laid_out(const Ui& ui, const CourseEntry& entry, float width) {
  const float words = width - kNumber - 130;
  return {draw::layout(entry.title, kTitle, words, ui.p.scale(), 1.3F),
          draw::layout(entry.summary, kSummary, words, ui.p.scale(), 1.4F)};
}

/// Steps done, as a bar with words under it; a tick when all are.
void done_so_far(Ui& ui, const Rect& row, const CourseEntry& entry) {
  const draw::Palette& c = ui.colors();
  const bool all = entry.done >= entry.steps;
  const std::string words =
      ui.strings.format("lessons.done", {{"n", std::to_string(entry.done)}, {"of", std::to_string(entry.steps)}});
  const float y = row.center().y;
  ui.p.text({row.right() - kPadding, y + 2}, words, kSmall, c.ink2, draw::Align::right);
  const Rect bar{row.right() - kPadding - 96, y - 9, 96, 6};
  const float share = static_cast<float>(entry.done) / static_cast<float>(std::max(1, entry.steps));
  ui.p.fill({bar.x, bar.y, bar.w * share, bar.h}, all ? c.ink : c.ink2, 2);
  ui.p.frame(bar, c.edge, 1, 2);
}

bool entry_row(Ui& ui, const Rect& row, const CourseEntry& entry, const Entry& words) {
  const draw::Palette& c = ui.colors();
  const auto touch = ui.touch("lessons." + entry.id, row, true);
  if (touch.hovered || entry.open) {
    ui.p.fill(row, c.raised, 6);
  }
  const std::string number = std::to_string(entry.number);
  const float y = row.y + kPadding;
  ui.p.text({row.x + kPadding + 10, y}, number, {18, Face::mono}, c.ink2, draw::Align::center);
  draw::paint(ui.p, {row.x + kNumber, y}, words.title, kTitle, c.ink);
  draw::paint(ui.p, {row.x + kNumber, y + words.title.height + 4}, words.summary, kSummary, c.ink2);
  done_so_far(ui, row, entry);
  return touch.pressed;
}

}  // namespace

CourseWishes course_sheet(Ui& ui, const Rect& window, const std::vector<CourseEntry>& entries, bool lesson_open) {
  CourseWishes wishes;
  const float width = std::min(window.w - 24, 720.0F);
  std::vector<Entry> words;
  float content = 0;
  for (const CourseEntry& entry : entries) {
    words.push_back(laid_out(ui, entry, width - 40 - 12));
    content += words.back().height() + 4;
  }
  const float height = std::min(std::max(content, 140.0F) + 80 + (lesson_open ? 48.0F : 0.0F), window.h - 16);
  Rect box = sheet(ui, window, width, height).inset(20, 16);
  const Rect head = box.cut_top(40, 4);
  ui.p.text({head.x, head.y}, ui.words("lessons.title"), {20, Face::semibold}, ui.colors().ink);
  wishes.close =
      ui.icon_button("lessons.close", {head.right() - 32, head.y, 32, 32}, draw::Icon::close, ui.words("action.close"));
  if (lesson_open) {
    const Rect foot = box.cut_bottom(34, 12);
    if (ui.button("lessons.close_lesson", {foot.x, foot.y, std::min(foot.w, 220.0F), foot.h},
                  ui.words("command.close_lesson"))) {
      wishes.command = "close_lesson";
      wishes.close = true;
    }
  }
  if (entries.empty()) {
    ui.empty_state(box.inset(4), ui.words("lessons.none"), "", ui.words("lessons.none_how"));
    return wishes;
  }
  Rect list = ui.begin_scroll("lessons", box, content);
  for (std::size_t n = 0; n < entries.size(); ++n) {
    const Rect row = list.cut_top(words[n].height(), 4);
    if (entry_row(ui, row, entries[n], words[n])) {
      wishes.open = entries[n].id;
    }
  }
  ui.end_scroll();
  return wishes;
}

}  // namespace app
