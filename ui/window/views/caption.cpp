// The sentence that says what this moment does.
#include <array>
#include <cmath>

#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

constexpr float kBar = 4, kPadding = 16, kGap = 20;

struct Sentence {
  draw::Paragraph text;
  draw::TextStyle style;
};

// The largest size in which it stands on one line; else two lines, as large as they fit; never cut.
Sentence fitted(const std::string& words, float width, float height, float scale) {
  const float largest = height >= 60 ? 26.0F : height >= 54 ? 20.0F : 18.0F;
  constexpr std::array<float, 6> kSizes = {26, 20, 18, 16, 15, 13};
  for (const int lines : {1, 2, 3}) {
    for (const float px : kSizes) {
      const bool shrinks_too_much = lines == 1 && px < 16;  // two lines read better
      if (px > largest || shrinks_too_much) {
        continue;
      }
      const draw::TextStyle style{px};
      draw::Paragraph text = draw::layout(words, style, width, scale, 1.3F);
      if (text.lines <= lines && text.height <= height && text.width <= width) {
        return {std::move(text), style};
      }
    }
  }
  return {draw::layout(words, {13}, width, scale, 1.15F), {13}};
}

std::string words_of(const draw::Paragraph& text, int mark) {
  std::string words;
  for (const draw::RichRun& run : text.runs) {
    words += run.mark == mark ? run.text : "";
  }
  return words;
}

// The tile on the chip that is called so, else the tensor.
void choose(Context& context, const std::string& words, draw::Family family) {
  for (const scope::OnChip& on_chip : context.frame.tiles) {
    if (draw::plain(on_chip.tile->name) == words) {
      choose_tile(context, *on_chip.tile);
      return;
    }
  }
  for (const sim::TensorInfo& tensor : context.run.plan().tensors) {
    if (scope::family_of(tensor.name) == family && (family != draw::Family::statistic || tensor.name == words)) {
      choose_tensor(context, tensor.name);
      return;
    }
  }
}

void hover_words(Context& context, const draw::Rect& box, const Sentence& sentence) {
  const draw::Ui::Touch touch = context.ui.touch(context.prefix + "caption", box);
  if (!touch.hovered) {
    return;
  }
  for (const draw::RichRun& run : sentence.text.runs) {
    const draw::Rect word{box.x + run.x - 2, box.y + run.y - 2, run.w + 4, draw::line_height(sentence.style) + 6};
    if (run.mark != 0 && run.family != draw::Family::none && word.has(touch.at)) {
      context.ui.p.fill(word, context.ui.colors().of(run.family).tint, 2);
      choose(context, words_of(sentence.text, run.mark), run.family);
    }
  }
}

}  // namespace

void caption_bar(Context& context, const draw::Rect& area, const std::string& own) {
  draw::Painter& p = context.ui.p;
  const draw::Palette& c = context.ui.colors();
  p.fill(area, c.panel);
  p.fill({area.x, area.y, area.w, 1}, c.hair);
  p.fill({area.x, area.y, kBar, area.h}, c.ink);
  draw::Rect rest = area.inset(kPadding, 4);
  const std::string progress = scope::progress(context.run, context.frame, context.ui.strings);
  const float w = draw::rich_width(progress, kSmall, p.scale());
  const draw::Rect left = rest.cut_left(w, kGap);
  rich_at(p, {left.x, area.center().y + 1}, progress, kSmall, c.ink2);

  const std::string words = own.empty() ? scope::caption(context.run, context.frame, context.ui.strings) : own;
  const Sentence sentence = fitted(words, rest.w, rest.h, p.scale());
  const draw::Rect box{rest.x, std::round(rest.center().y - sentence.text.height / 2), sentence.text.width,
                       sentence.text.height};
  hover_words(context, box, sentence);
  draw::paint(p, {box.x, box.y}, sentence.text, sentence.style, c.ink);
}

}  // namespace views
