#include "ui/window/views/failure_panel.h"

#include <fmt/format.h>

#include <cmath>

#include "ui/window/views/lesson_parts.h"

namespace views {

namespace {

using draw::Face;
using draw::Rect;

constexpr float kRow = 30, kButton = 36, kBar = 4;

std::string number(double value) {
  return std::isnan(value) ? "NaN" : std::isinf(value) ? (value > 0 ? "+inf" : "−inf") : fmt::format("{:.5g}", value);
}

// A verdict is plain words: what is a mark to rich text stands for itself.
std::string escaped(const std::string& words) {
  std::string out;
  for (const char c : words) {
    out += std::string_view("*`_^[]\\{}").find(c) != std::string_view::npos ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

std::string name_of(const scope::Failure::Value& value) {
  const bool column = value.tile == "m" || value.tile == "l" || value.tile == "L";
  const std::string letter = value.tile == "l" ? "ℓ" : value.tile;
  return column ? fmt::format("*{}*_{{{}}}", letter, value.row)
                : fmt::format("*{}*_{{{},{}}}", letter, value.row, value.col);
}

void table(on_lesson::Flow& flow, const scope::Failure& failure) {
  draw::Ui& ui = flow.ui();
  const float got = flow.width() * 0.62F, want = flow.width();
  const Rect head = flow.next(kRow);
  if (!flow.dry()) {
    ui.p.text({head.x + got, head.y + 6}, ui.words("failure.got"), {13}, ui.colors().ink2, draw::Align::right);
    ui.p.text({head.x + want, head.y + 6}, ui.words("failure.want"), {13}, ui.colors().ink2, draw::Align::right);
  }
  for (const scope::Failure::Value& value : failure.values) {
    const Rect row = flow.next(kRow);
    if (flow.dry()) {
      continue;
    }
    const bool wrong = number(value.got) != number(value.want);
    ui.p.line({row.x, row.y}, {row.right(), row.y}, ui.colors().hair, 1);
    draw::rich(ui.p, {row.x, row.y + 5}, name_of(value), {16}, ui.colors().ink);
    ui.p.text({row.x + got, row.y + 6}, number(value.got), {15, Face::mono},
              wrong ? ui.colors().error_text : ui.colors().ink, draw::Align::right);
    ui.p.text({row.x + want, row.y + 6}, number(value.want), {15, Face::mono}, ui.colors().ink, draw::Align::right);
  }
}

void contents(on_lesson::Flow& flow, const scope::Failure& failure, const std::string& title) {
  draw::Ui& ui = flow.ui();
  flow.words(std::string(ui.words("failure.head")), {13}, ui.colors().ink2);
  flow.skip(6);
  flow.words(escaped(title), on_lesson::kTitle, ui.colors().ink);
  flow.skip(10);
  const Rect words = flow.words(escaped(ui.chinese() ? failure.zh : failure.en), on_lesson::kBody, ui.colors().ink);
  if (!flow.dry()) {
    ui.p.fill({words.x - 12, words.y, kBar, words.h}, ui.colors().error_mark);
  }
  flow.skip(14);
  if (!failure.values.empty()) {
    table(flow, failure);
  }
  flow.skip(10);
  flow.words(std::string(ui.words("failure.how")), {13}, ui.colors().ink2);
}

}  // namespace

std::optional<std::string> failure_panel(draw::Ui& ui, const Rect& area, const scope::Failure& failure,
                                         const std::string& title, bool moved) {
  ui.p.fill(area, ui.colors().panel);
  ui.p.line({area.right(), area.y}, {area.right(), area.bottom()}, ui.colors().hair, 1);
  Rect rest = area.inset(0);
  std::optional<std::string> command;
  if (moved) {
    const Rect bottom = rest.cut_bottom(kButton + 24);
    if (ui.button("failure.moment", {bottom.x + 18, bottom.y + 12, bottom.w - 36, kButton}, ui.words("failure.moment"),
                  ui.words("failure.moment_tip"))) {
      command = "failure_moment";
    }
  }
  const float width = rest.w - 2 * on_lesson::kPadding;
  on_lesson::Flow dry(ui, {0, 0, width, 0}, true);
  contents(dry, failure, title);
  const Rect inside = ui.begin_scroll("failure", rest, dry.at().y + 2 * on_lesson::kPadding);
  on_lesson::Flow flow(ui, {inside.x + on_lesson::kPadding, inside.y + on_lesson::kPadding, width, 0}, false);
  contents(flow, failure, title);
  ui.end_scroll();
  return command;
}

}  // namespace views
