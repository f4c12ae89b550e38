#include "ui/window/views/lesson_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/window/views/lesson_parts.h"

namespace views {

namespace on_lesson {

using draw::Point;
using draw::Rect;
using draw::Ui;

bool on_projector(const Ui& ui) { return ui.colors().theme == draw::Theme::projector; }

Rect Flow::words(const std::string& markup, const draw::TextStyle& style, draw::Color color, float spacing) {
  const draw::Paragraph text = draw::layout(markup, style, room_.w, ui_.p.scale(), spacing);
  if (!dry_) {
    draw::paint(ui_.p, {room_.x, y_}, text, style, color);
  }
  return next(text.height);
}

namespace {

std::string object_of(const LessonPage& page, const std::string& words, draw::Family family) {
  const auto at = std::find_if(page.marks.begin(), page.marks.end(), [&](const LessonPage::Mark& mark) {
    return mark.words == words && mark.family == family;
  });
  return at == page.marks.end() ? "" : at->object;
}

const Pointed* find(const LessonPage& page, const std::string& name) {
  const auto at =
      std::find_if(page.pointed.begin(), page.pointed.end(), [&](const Pointed& p) { return p.name == name; });
  return at == page.pointed.end() ? nullptr : &*at;
}

/// The boxes of one mark: a word may be broken over lines.
struct Word {
  std::string words;
  draw::Family family = draw::Family::none;
  std::vector<Rect> boxes;
};

std::vector<Word> words_of(const draw::Paragraph& text, Point at, const draw::TextStyle& style) {
  std::vector<Word> all;
  int mark = 0, line = -1;
  for (const draw::RichRun& run : text.runs) {
    if (run.mark == 0 || run.family == draw::Family::none) {
      continue;
    }
    if (run.mark != mark) {
      all.push_back({"", run.family, {}});
      line = -1;
    }
    mark = run.mark;
    Word& word = all.back();
    word.words += run.text;
    const float top = at.y + static_cast<float>(run.line) * kLine * style.px;
    const Rect box{at.x + run.x - 2, top - 2, run.w + 4, draw::line_height(style) + 6};
    if (run.line == line) {
      word.boxes.back().w = box.right() - word.boxes.back().x;
    } else {
      word.boxes.push_back(box);
    }
    line = run.line;
  }
  return all;
}

/// Numbers in rings, drawn as on the stage: the fonts' own are of many sizes.
void draw_rings(Ui& ui, draw::Paragraph& text, Point at, const draw::TextStyle& style) {
  constexpr std::array<std::string_view, 9> kRings = {"①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"};
  for (draw::RichRun& run : text.runs) {
    const auto ring = std::find(kRings.begin(), kRings.end(), run.text);
    if (ring == kRings.end()) {
      continue;
    }
    run.text.clear();
    const Point center{at.x + run.x + run.w / 2 - 1,
                       at.y + static_cast<float>(run.line) * kLine * style.px + draw::line_height(style) / 2};
    ui.p.ring(center, 8, ui.colors().ink, 1);
    ui.p.text_in({center.x - 8, center.y - 8, 16, 16}, std::to_string(ring - kRings.begin() + 1),
                 {11, draw::Face::mono}, ui.colors().ink);
  }
}

}  // namespace

void pointing_words(Flow& flow, const std::string& markup, const LessonPage& page, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  draw::Paragraph text = draw::layout(markup, kBody, flow.width(), ui.p.scale(), kLine);
  const Rect box = flow.next(text.height);
  if (flow.dry()) {
    return;
  }
  for (const Word& word : words_of(text, {box.x, box.y}, kBody)) {
    const std::string name = object_of(page, word.words, word.family);
    const Pointed* object = find(page, name);
    for (const Rect& part : word.boxes) {
      const bool hovered = object != nullptr && ui.touch("lesson.word." + name, part).hovered;
      if (hovered || (object != nullptr && object->lit)) {
        ui.p.fill(part, ui.colors().of(word.family).tint, 3);
      }
      wishes.hovered = hovered ? name : wishes.hovered;
    }
  }
  draw_rings(ui, text, {box.x, box.y}, kBody);
  draw::paint(ui.p, {box.x, box.y}, text, kBody, ui.colors().ink);
}

float step_dots(Ui& ui, Point right, float width, const LessonPage& page, float radius) {
  const auto count = static_cast<float>(page.steps.size());
  const float apart = std::min(radius * 3.4F, (width - radius * 4) / std::max(1.0F, count - 1));
  if (apart < radius * 2.2F) {
    return 0;
  }
  const draw::Palette& c = ui.colors();
  for (std::size_t i = 0; i < page.steps.size(); ++i) {
    const Point at{right.x - radius * 1.7F - (count - 1 - static_cast<float>(i)) * apart, right.y};
    if (static_cast<int>(i) == page.step) {
      ui.p.disc(at, radius * 1.6F, c.ink);
    } else if (page.steps[i].done) {
      ui.p.disc(at, radius, c.ink2);
    } else {
      ui.p.ring(at, radius, c.edge, 1.2F);
    }
  }
  return (count - 1) * apart + radius * 3.4F;
}

namespace {}  // namespace

void problem_line(Flow& flow, const std::string& problem) {
  constexpr float kIndent = 24;
  Ui& ui = flow.ui();
  const Point at = flow.at();
  const draw::Paragraph text = draw::layout(escaped(problem), kSmall, flow.width() - kIndent, ui.p.scale(), 1.4F);
  flow.skip(text.height + 10);
  if (!flow.dry()) {
    draw::warning(ui.p, {at.x + 9, at.y + 9}, 8);
    draw::paint(ui.p, {at.x + kIndent, at.y}, text, kSmall, ui.colors().error_text);
  }
}

namespace {

std::string numbered(const Ui& ui, const LessonPage& page) {
  return ui.strings.format("lesson.where", {{"lesson", std::to_string(page.number)},
                                            {"step", std::to_string(page.step + 1)},
                                            {"steps", std::to_string(page.steps.size())}});
}

void header(Ui& ui, const Rect& row, const LessonPage& page, LessonWishes& wishes) {
  const Rect list{row.x + 10, row.center().y - 14, 28, 28};
  if (ui.icon_button("lesson.contents", list, page.contents ? draw::Icon::close : draw::Icon::menu,
                     ui.words("command.lesson_contents"), true, false, false)) {
    wishes.command = "lesson_contents";
  }
  const std::string where = numbered(ui, page);
  const Rect text = text_at(ui.p, {list.right() + 4, row.center().y}, where, kSmall, ui.colors().ink2);
  step_dots(ui, {row.right() - kPadding + 2, row.center().y}, row.right() - kPadding - text.right() - 10, page, 2.8F);
}

void moment_button(Ui& ui, const Rect& row, const LessonPage& page, LessonWishes& wishes) {
  if (!page.moved) {
    return;
  }
  const std::string_view words = ui.words("lesson.moment");
  const float width = std::min(row.w - 2 * kCardPadding, ui.p.width_of(words, {15}) + 26);
  const Rect box{row.center().x - width / 2, row.y + 2, width, 28};
  if (ui.button("lesson.moment", box, words, ui.words("lesson.moment_tip"))) {
    wishes.command = "lesson_moment";
  }
}

void bottom_bar(Ui& ui, Rect bar, const LessonPage& page, LessonWishes& wishes) {
  ui.p.line({bar.x, bar.y + 0.5F}, {bar.right(), bar.y + 0.5F}, ui.colors().hair);
  const Rect row = bar.inset(kPadding, 11);
  const float width = (row.w - 20) / 2;
  if (ui.button("lesson.back", {row.x, row.y, width, row.h}, ui.words("lesson.back"), ui.words("lesson.back_tip"),
                page.step > 0)) {
    wishes.command = "lesson_back";
  }
  const bool last = page.step + 1 == static_cast<int>(page.steps.size());
  const Rect next{row.right() - width, row.y, width, row.h};
  const bool stressed = !page.question || page.question->revealed;  // else Reveal is what comes next
  if (ui.button("lesson.next", next, ui.words(last ? "lesson.finish" : "lesson.next"), ui.words("lesson.next_tip"),
                true, stressed)) {
    wishes.command = "lesson_next";
  }
}

void numbers_line(Flow& flow, const LessonPage& page) {
  Ui& ui = flow.ui();
  if (page.badge) {
    const Rect row = flow.next(20);
    if (!flow.dry()) {
      const Rect badge = draw::badge(ui.p, *page.badge, {row.x, row.y + 3}, ui.colors().ink2);
      const bool exact = *page.badge == draw::Badge::exact;
      ui.p.text_within({badge.right() + 6, row.y + 2}, row.right() - badge.right() - 6,
                       ui.words(exact ? "lesson.numbers_exact" : "lesson.numbers_modelled"), kSmall, ui.colors().ink2);
    }
  }
}

void step_text(Flow& flow, const LessonPage& page, LessonWishes& wishes) {
  const draw::Palette& c = flow.ui().colors();
  flow.words(page.title, kTitle, c.ink, 1.3F);
  flow.skip(9);
  for (const std::string& paragraph : page.paragraphs) {
    pointing_words(flow, paragraph, page, wishes);
    flow.skip(13);
  }
  formula_card(flow, page);
  for (const std::string& problem : page.problems) {
    problem_line(flow, problem);
  }
  if (page.question) {
    question_card(flow, page, wishes);
    flow.skip(page.badge ? 12 : 0);
  }
  numbers_line(flow, page);
}

}  // namespace

}  // namespace on_lesson

namespace {

constexpr float kScrollBar = 10;  // what begin_scroll takes of the width

}  // namespace

LessonWishes lesson_panel(draw::Ui& ui, const draw::Rect& area, const LessonPage& page) {
  using namespace on_lesson;
  LessonWishes wishes;
  const bool projector = on_projector(ui);
  ui.p.fill(area, ui.colors().panel);
  draw::Rect rest = area;
  if (projector) {
    rest.cut_top(8);
    if (page.moved) {
      moment_button(ui, rest.cut_bottom(34), page, wishes);
    }
  } else {
    ui.p.line({area.right() - 0.5F, area.y}, {area.right() - 0.5F, area.bottom()}, ui.colors().hair);
    rest.w -= 1;
    header(ui, rest.cut_top(44), page, wishes);
    bottom_bar(ui, rest.cut_bottom(58), page, wishes);
    moment_button(ui, rest.cut_bottom(34), page, wishes);
  }
  const auto fill = [&](Flow& flow, LessonWishes& out) {
    page.contents ? contents_list(flow, page, out) : step_text(flow, page, out);
  };
  const float left = projector ? 14 : kPadding, right = left;
  LessonWishes none;
  const auto measured = [&](float bar) {
    Flow dry(ui, {0, 0, rest.w - left - right - bar, 0}, true);
    fill(dry, none);
    return dry.at().y + 2;
  };
  float height = measured(0);
  height = height > rest.h ? measured(kScrollBar) : height;
  const draw::Rect inner = ui.begin_scroll(page.contents ? "lesson.contents_list" : "lesson.text", rest, height);
  Flow flow(ui, {inner.x + left, inner.y, inner.w - left - right, 0}, false);
  fill(flow, wishes);
  ui.end_scroll();
  return wishes;
}

}  // namespace views
