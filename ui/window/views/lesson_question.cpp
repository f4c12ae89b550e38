// The card of a question: predict, then reveal.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ui/window/views/lesson_parts.h"

namespace views::on_lesson {

namespace {

using draw::Point;
using draw::Rect;
using draw::Ui;
using Kind = lessons::Question::Kind;
using Question = LessonPage::Question;

constexpr std::array kConfidence = {"guess", "fairly", "certain"};

draw::TextStyle style_of(const Question::Choice& choice, bool stressed) {
  return {16, choice.is_value ? draw::Face::mono : stressed ? draw::Face::semibold : draw::Face::regular};
}

std::string widget(std::size_t choice) { return fmt::format("lesson.choice.{}", choice); }

/// Ring of a choice; when revealed a tick on the right one, a cross on the wrong one that was taken.
void choice_mark(Ui& ui, Point center, const Question& q, std::size_t n) {
  const draw::Palette& c = ui.colors();
  const bool taken = q.chosen == static_cast<int>(n);
  if (q.choices[n].right) {
    ui.p.disc(center, 9, c.ink);
    draw::icon(ui.p, draw::Icon::check, center, 6, c.inverse);
  } else if (taken) {
    ui.p.ring(center, 8, c.ink, 1.5F);
    draw::icon(ui.p, draw::Icon::close, center, 5, c.ink);
  } else {
    ui.p.ring(center, 8, c.edge, 1.5F);
  }
}

void choice_row(Flow& flow, const Question& q, std::size_t n, LessonWishes& wishes) {
  constexpr float kIndent = 28;
  Ui& ui = flow.ui();
  const bool taken = q.chosen == static_cast<int>(n), stressed = taken || (q.revealed && q.choices[n].right);
  const draw::TextStyle style = style_of(q.choices[n], stressed);
  const draw::Paragraph text = draw::layout(q.choices[n].words, style, flow.width() - kIndent, ui.p.scale(), 1.35F);
  const Rect row = flow.next(text.height + 9);
  if (flow.dry()) {
    return;
  }
  if (q.revealed) {
    choice_mark(ui, {row.x + 8.5F, row.center().y}, q, n);
  } else if (ui.radio(widget(n), row, "", taken, ui.words("lesson.choice_tip"))) {
    wishes.choice = static_cast<int>(n);
  }
  draw::paint(ui.p, {row.x + kIndent, row.center().y - text.height / 2}, text, style,
              q.revealed && !stressed ? ui.colors().ink2 : ui.colors().ink);
}

/// Projector: boxes with letters, two beside each other where their words are short.
void choice_box(Ui& ui, const Rect& box, const Question& q, std::size_t n, const draw::Paragraph& text,
                LessonWishes& wishes) {
  const draw::Palette& c = ui.colors();
  const bool taken = q.chosen == static_cast<int>(n), right = q.revealed && q.choices[n].right;
  if (q.revealed) {
    ui.p.fill(box, taken ? c.ink : c.panel, 6);
  } else if (ui.button(widget(n), box, "", ui.words("lesson.choice_tip"), true, taken)) {
    wishes.choice = static_cast<int>(n);
  }
  if (!taken) {
    ui.p.frame(box, right ? c.ink : c.edge, right ? 2.5F : 1.2F, 6);
  }
  const draw::Color ink = taken ? c.inverse : c.ink;
  const std::string letter(1, static_cast<char>('A' + n));
  const Rect head = text_at(ui.p, {box.x + 10, box.center().y}, letter, kBodyBold, ink);
  if (q.revealed && (taken || right)) {
    draw::icon(ui.p, right ? draw::Icon::check : draw::Icon::close, {head.right() + 13, box.center().y}, 6, ink);
  }
  const Point at{q.choices[n].is_value ? box.right() - 10 - text.width : box.x + 48, box.center().y - text.height / 2};
  draw::paint(ui.p, at, text, style_of(q.choices[n], false), ink);
}

void choice_grid(Flow& flow, const Question& q, LessonWishes& wishes) {
  constexpr float kGap = 6, kWords = 58;
  Ui& ui = flow.ui();
  float widest = 0;
  for (const Question::Choice& choice : q.choices) {
    widest = std::max(widest, draw::rich_width(choice.words, style_of(choice, false), ui.p.scale()));
  }
  const int across = widest + kWords <= (flow.width() - kGap) / 2 ? 2 : 1;
  const float width = (flow.width() - kGap * static_cast<float>(across - 1)) / static_cast<float>(across);
  for (std::size_t n = 0; n < q.choices.size();) {
    std::vector<draw::Paragraph> texts;
    float height = 0;
    for (std::size_t k = n; k < std::min(n + static_cast<std::size_t>(across), q.choices.size()); ++k) {
      texts.push_back(
          draw::layout(q.choices[k].words, style_of(q.choices[k], false), width - kWords, ui.p.scale(), 1.3F));
      height = std::max(height, texts.back().height + 10);
    }
    const Rect row = flow.next(std::max(31.0F, height));
    flow.skip(kGap - 1);
    for (std::size_t k = 0; k < texts.size(); ++k, ++n) {
      if (!flow.dry()) {
        const Rect box{row.x + static_cast<float>(k) * (width + kGap), row.y, width, row.h};
        choice_box(ui, box, q, n, texts[k], wishes);
      }
    }
  }
}

void number_field(Flow& flow, const Question& q, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  const Rect row = flow.next(34);
  if (flow.dry()) {
    return;
  }
  const float unit = q.unit.empty() ? 0 : draw::rich_width(q.unit, kBody, ui.p.scale()) + 10;
  const Rect field{row.x, row.y, std::min(row.w - unit, 180.0F), row.h};
  if (q.revealed) {
    ui.p.frame(field, ui.colors().hair, 1, 6);
    ui.p.text_within({field.x + 10, field.center().y - 11}, field.w - 20, q.typed.empty() ? "·" : q.typed,
                     {16, draw::Face::mono}, ui.colors().ink2);
  } else {
    std::string typed = q.typed;
    const bool entered = ui.input("lesson.answer", field, typed, ui.words("lesson.number_hint"));
    wishes.typed = typed != q.typed ? std::optional(typed) : wishes.typed;
    wishes.command = entered ? std::optional<std::string>("lesson_reveal") : wishes.command;
  }
  if (!q.unit.empty()) {
    rich_at(ui.p, {field.right() + 10, row.center().y}, q.unit, kBody, ui.colors().ink);
  }
}

void click_field(Flow& flow, const Question& q) {
  Ui& ui = flow.ui();
  const Rect row = flow.next(34);
  if (flow.dry()) {
    return;
  }
  const draw::Palette& c = ui.colors();
  if (q.clicked.empty()) {
    ui.p.dashed_frame(row, c.edge, draw::kGhost);
    ui.p.text_in(row.inset(8, 0), ui.words("lesson.click_hint"), kDense, c.ink2);
  } else {
    ui.p.frame(row, c.edge, 1, 6);
    rich_at(ui.p, {row.x + 12, row.center().y}, q.clicked, kBodyBold, c.ink);
  }
}

std::vector<draw::Choice> confidences(const Ui& ui) {
  std::vector<draw::Choice> all;
  for (const char* name : kConfidence) {
    all.push_back({name, std::string(ui.words(std::string("lesson.confidence.") + name)), ""});
  }
  return all;
}

/// Px of a segmented control with its smallest letters.
float segments_least(const Ui& ui, const std::vector<draw::Choice>& choices) {
  float width = 0;
  for (const draw::Choice& choice : choices) {
    width += ui.p.width_of(choice.label, kSmallBold) + 13;
  }
  return width;
}

/// How sure, and Reveal: in one row where they fit.
void confidence_and_reveal(Flow& flow, const Question& q, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  const std::vector<draw::Choice> choices = confidences(ui);
  const std::string_view label = ui.words("lesson.confidence");
  const float label_width = ui.p.width_of(label, kSmall) + 8, reveal_width = on_projector(ui) ? 80.0F : 112.0F;
  const float least = label_width + segments_least(ui, choices);
  const bool beside = least <= flow.width(), one_row = least + 10 + reveal_width <= flow.width();
  const Rect first = flow.next(beside ? 28.0F : 48.0F);
  Rect reveal{first.right() - reveal_width, first.y - 1, reveal_width, 30};
  if (!one_row) {
    flow.skip(10);
    reveal = flow.next(34);
    reveal.w = reveal_width;
  }
  if (flow.dry()) {
    return;
  }
  const float from = beside ? first.x + label_width : first.x, to = one_row ? reveal.x - 10 : first.right();
  const Rect sure{from, beside ? first.y : first.y + 20, std::min(ui.segmented_width(choices), to - from), 28};
  text_at(ui.p, {first.x, beside ? first.center().y : first.y + 8}, label, kSmall, ui.colors().ink2);
  const int pressed = ui.segmented("lesson.confidence", sure, choices, q.confidence);
  wishes.confidence = pressed >= 0 ? std::optional(pressed) : wishes.confidence;
  if (ui.button("lesson.reveal", reveal, ui.words("lesson.reveal"), ui.words("lesson.reveal_tip"), q.ready, true)) {
    wishes.command = "lesson_reveal";
  }
  const std::string_view hint = ui.words(q.ready ? "lesson.or_enter" : "lesson.simulating");
  if (!one_row && ui.p.width_of(hint, kSmall) + 12 <= first.right() - reveal.right()) {
    text_at(ui.p, {reveal.right() + 12, reveal.center().y}, hint, kSmall, ui.colors().ink2);
  }
}

void verdict_row(Flow& flow, const Question& q) {
  Ui& ui = flow.ui();
  if (q.verdict == Question::Verdict::none) {
    return;
  }
  const bool right = q.verdict == Question::Verdict::right;
  const Rect row = flow.next(28);
  if (flow.dry()) {
    return;
  }
  const draw::Palette& c = ui.colors();
  const Point center{row.x + 9, row.center().y};
  right ? ui.p.disc(center, 9, c.ink) : ui.p.ring(center, 8.5F, c.ink, 1.5F);
  draw::icon(ui.p, right ? draw::Icon::check : draw::Icon::close, center, right ? 6 : 5, right ? c.inverse : c.ink);
  const Rect word = text_at(ui.p, {row.x + 28, row.center().y}, ui.words(right ? "lesson.right" : "lesson.not_quite"),
                            kBodyBold, c.ink);
  if (q.confidence >= 0) {
    const std::string sure(
        ui.words(std::string("lesson.confidence.") + kConfidence[static_cast<std::size_t>(q.confidence)]));
    const std::string said = ui.strings.format("lesson.you_said", {{"sure", sure}});
    if (ui.p.width_of(said, kSmall) <= row.right() - word.right() - 10) {
      text_at(ui.p, {row.right(), row.center().y}, said, kSmall, c.ink2, draw::Align::right);
    }
  }
}

void answer_row(Flow& flow, const Question& q) {
  Ui& ui = flow.ui();
  if (q.answer.empty()) {
    return;
  }
  const draw::TextStyle style{18, q.kind == Kind::number ? draw::Face::mono : draw::Face::semibold};
  const float badge = q.badge ? 20 + ui.p.width_of(ui.words("badge.modelled"), kSmall) + 10 : 0;
  const draw::Paragraph text = draw::layout(q.answer, style, flow.width() - badge, ui.p.scale(), 1.3F);
  const Rect row = flow.next(text.height + 10);
  if (flow.dry()) {
    return;
  }
  draw::paint(ui.p, {row.x, row.y + 3}, text, style, ui.colors().ink);
  if (q.badge) {
    ui.badge_with_word(*q.badge, {row.right(), row.y + 7}, draw::Align::right);
  }
}

void outcome(Flow& flow, const Question& q, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  verdict_row(flow, q);
  answer_row(flow, q);
  if (!q.explain.empty()) {
    flow.skip(2);
    flow.words(q.explain, kDense, ui.colors().ink, 1.45F);
    flow.skip(10);
  }
  const std::string_view again = ui.words("lesson.again");
  const Rect row = flow.next(28);
  if (!flow.dry() && ui.button("lesson.again", {row.x, row.y, ui.p.width_of(again, {15}) + 26, row.h}, again,
                               ui.words("lesson.again_tip"))) {
    wishes.command = "lesson_again";
  }
}

void content(Flow& flow, const Question& q, LessonWishes& wishes) {
  Ui& ui = flow.ui();
  flow.skip(kCardPadding - 2);
  flow.words(std::string(ui.words(q.revealed ? "lesson.revealed" : "lesson.predict")), kSmallBold, ui.colors().ink2);
  flow.skip(6);
  flow.words(q.ask, kBody, ui.colors().ink, 1.4F);
  flow.skip(8);
  if (q.kind == Kind::number) {
    number_field(flow, q, wishes);
  } else if (q.kind == Kind::click) {
    click_field(flow, q);
  } else if (on_projector(ui)) {
    choice_grid(flow, q, wishes);
  } else {
    for (std::size_t n = 0; n < q.choices.size(); ++n) {
      choice_row(flow, q, n, wishes);
    }
  }
  flow.skip(10);
  if (!q.problem.empty()) {
    problem_line(flow, q.problem);
  }
  q.revealed ? outcome(flow, q, wishes) : confidence_and_reveal(flow, q, wishes);
  flow.skip(kCardPadding);
}

}  // namespace

// As wide as the panel but for a narrow margin: its words begin a little right of the text's.
void question_card(Flow& flow, const LessonPage& page, LessonWishes& wishes) {
  constexpr float kOut = 6;
  Ui& ui = flow.ui();
  const Point at = flow.at();
  const Rect inside{at.x - kOut + kCardPadding, at.y, flow.width() + 2 * kOut - 2 * kCardPadding, 0};
  LessonWishes none;
  Flow measured(ui, inside, true);
  content(measured, *page.question, none);
  const float height = measured.at().y - at.y;
  if (!flow.dry()) {
    const Rect box{at.x - kOut, at.y, flow.width() + 2 * kOut, height};
    ui.p.fill(box, ui.colors().raised, 8);
    if (!on_projector(ui)) {
      ui.p.frame(box, ui.colors().hair, 1, 8);
    }
    Flow inner(ui, inside, false);
    content(inner, *page.question, wishes);
  }
  flow.skip(height);
}

}  // namespace views::on_lesson
