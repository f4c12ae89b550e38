// The softmax panel: where its parts go, and what it says when there is nothing to show.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/caption.h"
#include "ui/window/views/softmax_parts.h"

namespace views {

namespace {

constexpr float kWide = 700, kHistory = 290, kHistoryTwoRows = 400;

void safe_below(SoftmaxFrame& at) {
  draw::Painter& p = at.p();
  const draw::Palette& colors = at.colors();
  at.y += 12;
  const draw::Rect title = text_at(p, {at.left, at.y + 12}, at.words("softmax.safe"), kTitleBold, colors.ink);
  const std::string needs = at.c.ui.strings.format("softmax.needs_all", {{"n", scope::count_text(at.keys())}});
  if (title.right() + 12 + p.width_of(needs, kDense) <= at.right) {
    text_at(p, {at.right, at.y + 12}, needs, kDense, colors.ink2, draw::Align::right);
  }
  at.y += 32;
  const auto line = [&](const std::string& formula, const std::string& value) {
    rich_at(p, {at.left, at.y + 14}, formula, kDense, colors.ink);
    text_at(p, {at.right, at.y + 14}, value, {20, draw::Face::mono}, colors.ink, draw::Align::right);
    at.y += 30;
  };
  line("*m* = max " + at.score(), in_formula(at.row.safe_m));
  line(safe_sum(at), in_formula(at.row.safe_l, 3));
  if (!at.row.safe_o.empty()) {
    const draw::Rect words = rich_at(p, {at.left, at.y + 14}, "[O:O]", kDense, colors.ink);
    output_row(at, output_columns(at, words.right() + 12, at.right + 8), at.y + 14, &at.row.safe_o, 1);
    at.y += 30;
  }
  p.line({at.left, at.y + 6}, {at.right, at.y + 6}, colors.hair);
  at.y += 8;
}

// Where the numbers come from, and what the maximum is good for.
void notes(SoftmaxFrame& at, float right) {
  draw::Painter& p = at.p();
  at.y += 12;
  const draw::Rect badge = at.c.ui.badge_with_word(draw::Badge::exact, {at.left, at.y});
  const std::string source = at.words("softmax.source");
  if (badge.right() + 12 + p.width_of(source, kSmall) <= right) {
    p.text({badge.right() + 12, at.y}, source, kSmall, at.colors().ink2);
  }
  at.y += 22;
  const bool over32 = std::isinf(at.row.largest_exp_without_max), over16 = at.row.overflows_fp16;
  const std::string term = "*e*^{ " + in_formula(at.row.safe_m) + "}";
  const float value = at.row.largest_exp_without_max;
  const std::string words = at.c.ui.strings.format(over32 && !at.row.has_max ? "softmax.overflows_here"
                                                   : over32                  ? "softmax.overflows32"
                                                   : over16                  ? "softmax.overflows16"
                                                                             : "softmax.fits",
                                                   {{"term", term}, {"value", in_formula(value, value < 100 ? 2 : 0)}});
  const float mark = over16 ? 24 : 0;
  const draw::Rect box = draw::rich(p, {at.left + mark, at.y}, words, kDense,
                                    over16 ? at.colors().error_text : at.colors().ink2, right - at.left - mark);
  if (over16) {
    draw::warning(p, {at.left + 9, at.y + 9}, 8);
  }
  at.y += box.h + 8;
}

void nothing(Context& context, const draw::Rect& area) {
  draw::Ui& ui = context.ui;
  const draw::Rect box = area.inset(std::min(24.0F, area.w * 0.04F), 24);
  if (!context.run.has_values()) {
    ui.empty_state(box, ui.words("state_panel.no_values"), why_no_values(context),
                   ui.words("state_panel.no_values_how"));
  } else if (context.run.plan().algorithm == "memory_efficient") {
    ui.empty_state(box, ui.words("softmax.none"), ui.words("softmax.none_chunks"), ui.words("softmax.none_chunks_how"));
  } else {
    ui.empty_state(box, ui.words("softmax.none"), ui.words("softmax.none_yet"), ui.words("softmax.none_yet_how"));
  }
}

void place_columns(SoftmaxFrame& at, const draw::Rect& content) {
  const float padding = at.wide ? 24.0F : 14.0F;
  at.left = content.x + padding;
  const float right = content.right() - padding;
  at.right = right;
  const float label = at.wide ? 94.0F : content.w >= 440 ? 76.0F : 62.0F;
  at.body = at.left + label;
  if (at.wide) {
    const float divider = at.left + (right - at.left) * 0.685F;
    at.right = divider - 16;
    at.safe_left = divider + 16;
    at.safe_right = right;
  }
  at.y = content.y + 8;
}

}  // namespace

void softmax_panel(Context& context, const draw::Rect& area) {
  draw::Ui& ui = context.ui;
  ui.p.fill(area, ui.colors().panel);
  const auto row = scope::softmax_row(context.run, context.frame, shown_row(context));
  if (!row) {
    nothing(context, area);
    return;
  }
  const std::string name = context.prefix + "softmax", height = name + ".height";
  const draw::Rect content = ui.begin_scroll(name, area, ui.state.scroll[height]);
  SoftmaxFrame at{context, *row};
  at.wide = area.w >= kWide;
  place_columns(at, content);
  const float right = at.wide ? at.safe_right : at.right;
  softmax_table(at);
  if (!at.wide) {
    safe_below(at);
  }
  notes(at, right);
  const float least = right - at.left >= 600 ? kHistory : kHistoryTwoRows;
  const float room = area.bottom() - 12 - (at.y - content.y + area.y);
  softmax_history(at, at.left, right, std::clamp(room, least * 0.75F, least));
  ui.state.scroll[height] = at.y - content.y + 8;
  ui.end_scroll();
}

}  // namespace views
