// A step's formula, on a card of its own.
#include "sim/base/error.h"
#include "ui/window/draw/formula.h"
#include "ui/window/views/lesson_parts.h"

namespace views::on_lesson {

namespace {

/// The largest size in which it needs no more lines than its own; small ones are broken where they must.
std::shared_ptr<const draw::Formula> fitted(const draw::Ui& ui, const std::string& latex, float width) {
  const int lines = draw::layout_formula(latex, 16, ui.p.scale())->lines;
  for (const float px : {20.0F, 18.0F, 16.0F}) {
    const auto formula = draw::layout_formula(latex, px, ui.p.scale(), width);
    if (formula->width <= width && formula->lines == lines) {
      return formula;
    }
  }
  return draw::layout_formula(latex, 16, ui.p.scale(), width);
}

}  // namespace

void formula_card(Flow& flow, const LessonPage& page) {
  if (page.formula.empty()) {
    return;
  }
  constexpr float kOut = 6, kInside = 12;
  draw::Ui& ui = flow.ui();
  try {
    const float width = flow.width() + 2 * kOut - 2 * kInside;
    const auto formula = fitted(ui, page.formula, width);
    const draw::Rect row = flow.next(formula->height() + 2 * kInside);
    flow.skip(13);
    if (flow.dry()) {
      return;
    }
    const draw::Rect card{row.x - kOut, row.y, row.w + 2 * kOut, row.h};
    ui.p.fill(card, ui.colors().raised, 8);
    const float x = std::max(card.x + kInside, card.center().x - formula->width / 2);
    draw::paint_formula(ui.p, {x, card.y + kInside}, *formula, ui.colors().ink);
  } catch (const sim::Error& error) {
    problem_line(flow, error.what());
  }
}

}  // namespace views::on_lesson
