// Rich text: from runs to lines, and onto the picture.
#include "ui/window/draw/rich_text.h"

#include <algorithm>
#include <unordered_map>

#include "ui/window/draw/utf8.h"

namespace draw {

namespace {

constexpr float kSmallest = 11;  // px of subscripts
constexpr float kUnderline = 2;
constexpr std::size_t kKept = 2048;  // layouts; twice as many at most

TextStyle style_of(const RichRun& run, const TextStyle& base) {
  return {run.script == 0 ? base.px : std::max(kSmallest, run.size * base.px), run.face};
}

// Its line box's top below that of the line.
float offset(const RichRun& run, const TextStyle& base) {
  return ascent(base) - run.raise * base.px - ascent(style_of(run, base));
}

bool among(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }
bool may_not_begin(char32_t c) { return among(c, U"，。；：！？、）》」』】〉”’…％·,.;:!?)]}%"); }
bool may_not_end(char32_t c) { return among(c, U"（《「『【〈“‘([{"); }

bool break_between(char32_t before, char32_t after) {
  return (is_cjk(before) || is_cjk(after)) && !may_not_begin(after) && !may_not_end(before);
}

// A piece of one run that no line break cuts, and whether one may come before it.
struct Piece {
  std::size_t run = 0, begin = 0, end = 0;
  float width = 0;
  bool breakable = false, space = false, hard = false;  // hard: a line break of the markup's own
};

class Layout {
 public:
  Layout(std::string_view markup, const TextStyle& style, float width, float scale, float spacing)
      : style_(style),
        width_(width),
        scale_(scale),
        advance_(spacing * style.px),
        runs_(parse_rich(markup, style.face)) {}

  Paragraph make() {
    cut();
    for (std::size_t i = 0; i < pieces_.size();) {
      std::size_t end = i + 1;  // what must stay together
      float together = pieces_[i].width;
      while (end < pieces_.size() && !pieces_[end].breakable) {
        together += pieces_[end++].width;
      }
      if (width_ > 0 && x_ > 0 && x_ + together > width_ && !pieces_[i].space) {
        new_line();
      }
      for (; i < end; ++i) {
        place(pieces_[i]);
      }
    }
    trim();
    for (const RichRun& run : out_.runs) {
      out_.width = std::max(out_.width, run.x + run.w);
    }
    out_.lines = line_ + 1;
    out_.height = static_cast<float>(line_) * advance_ + line_height(style_);
    return std::move(out_);
  }

 private:
  float measure(std::size_t run, std::size_t begin, std::size_t end) const {
    return text_width(std::string_view(runs_[run].text).substr(begin, end - begin), style_of(runs_[run], style_),
                      scale_);
  }

  void cut() {
    char32_t before = 0;
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const std::string& text = runs_[r].text;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t c = next_code_point(text, at);
        const bool space = c == ' ', hard = c == '\n';
        const bool breakable =
            before == ' ' || before == '\n' || space || hard || (runs_[r].script == 0 && break_between(before, c));
        if (begin == 0 || breakable) {
          pieces_.push_back({r, begin, at, 0, breakable && before != 0, space, hard});
        } else {
          pieces_.back().end = at;
        }
        before = c;
      }
    }
    for (Piece& piece : pieces_) {
      piece.width = measure(piece.run, piece.begin, piece.end);
    }
  }

  void place(const Piece& piece) {
    if (piece.hard) {
      new_line();
      return;
    }
    if (piece.space && x_ == 0 && line_ > 0) {
      return;
    }
    if (width_ > 0 && piece.width > width_) {
      place_cut(piece);
    } else {
      append(piece.run, piece.begin, piece.end, piece.width);
    }
  }

  // A word wider than the paragraph: wherever it must be.
  void place_cut(const Piece& piece) {
    const std::string& text = runs_[piece.run].text;
    for (std::size_t at = piece.begin; at < piece.end;) {
      const std::size_t begin = at;
      next_code_point(text, at);
      const float width = measure(piece.run, begin, at);
      if (x_ > 0 && x_ + width > width_) {
        new_line();
      }
      append(piece.run, begin, at, width);
    }
  }

  void append(std::size_t r, std::size_t begin, std::size_t end, float width) {
    const RichRun& from = runs_[r];
    if (out_.runs.empty() || last_ != r || out_.runs.back().line != line_) {
      RichRun& run = out_.runs.emplace_back(from);
      run.text.clear();
      run.x = x_;
      run.y = static_cast<float>(line_) * advance_ + offset(from, style_);
      run.w = 0;
      run.line = line_;
      last_ = r;
    }
    RichRun& run = out_.runs.back();
    run.text.append(from.text, begin, end - begin);
    run.w += width;
    x_ += width;
  }

  // Spaces at the end of a line take no room.
  void trim() {
    while (width_ > 0 && !out_.runs.empty() && out_.runs.back().line == line_) {
      RichRun& run = out_.runs.back();
      run.text.erase(run.text.find_last_not_of(' ') + 1);
      run.w = text_width(run.text, style_of(run, style_), scale_);
      if (!run.text.empty()) {
        break;
      }
      out_.runs.pop_back();
    }
  }

  void new_line() {
    trim();
    ++line_;
    x_ = 0;
  }

  TextStyle style_;
  float width_, scale_, advance_;
  std::vector<RichRun> runs_;
  std::vector<Piece> pieces_;
  Paragraph out_;
  std::size_t last_ = 0;
  int line_ = 0;
  float x_ = 0;
};

struct Key {
  std::string markup;
  TextStyle style;
  float width = 0, scale = 0, spacing = 0;
};

// The layouts of the last frames. Two generations: the older goes when the younger is full.
class Cache {
 public:
  const Paragraph& get(std::string_view markup, const TextStyle& style, float width, float scale, float spacing) {
    const std::size_t hash = hash_of(markup, style, width, scale, spacing);
    const auto same = [&](const Key& key) {
      return key.markup == markup && key.style.px == style.px && key.style.face == style.face && key.width == width &&
             key.scale == scale && key.spacing == spacing;
    };
    if (const auto found = young_.find(hash); found != young_.end() && same(found->second.first)) {
      return found->second.second;
    }
    if (young_.size() >= kKept) {
      old_ = std::move(young_);
      young_.clear();
    }
    if (const auto found = old_.find(hash); found != old_.end() && same(found->second.first)) {
      return (young_[hash] = std::move(old_.extract(found).mapped())).second;
    }
    Key key{std::string(markup), style, width, scale, spacing};
    return (young_[hash] = {std::move(key), Layout(markup, style, width, scale, spacing).make()}).second;
  }

  void clear() {
    young_.clear();
    old_.clear();
  }

 private:
  static std::size_t hash_of(std::string_view markup, const TextStyle& style, float width, float scale, float spacing) {
    std::size_t hash = std::hash<std::string_view>{}(markup);
    for (const float part : {style.px, static_cast<float>(style.face), width, scale, spacing}) {
      hash = hash * 0x9E3779B97F4A7C15ULL + std::hash<float>{}(part);
    }
    return hash;
  }

  std::unordered_map<std::size_t, std::pair<Key, Paragraph>> young_, old_;
};

Cache& cache() {
  static thread_local Cache layouts;
  return layouts;
}

float shift(const std::vector<RichRun>& runs, std::size_t begin, std::size_t end, Align align) {
  const float width = runs[end - 1].x + runs[end - 1].w - runs[begin].x;
  return align == Align::left ? 0 : align == Align::center ? -width / 2 : -width;
}

// One underline for all that stands in one bracket, clear of subscripts.
void underline(Painter& painter, Point at, const std::vector<RichRun>& runs, std::size_t begin, std::size_t end,
               const TextStyle& style) {
  for (std::size_t i = begin; i < end;) {
    std::size_t last = i;
    while (last + 1 < end && runs[last + 1].mark == runs[i].mark) {
      ++last;
    }
    if (runs[i].family != Family::none) {
      const float line_top = runs[i].y - offset(runs[i], style);
      const float y = line_top + ascent(style) + std::max(2.0F, 0.2F * style.px);
      const float middle = at.y + y + kUnderline / 2;
      painter.line({at.x + runs[i].x, middle}, {at.x + runs[last].x + runs[last].w, middle},
                   painter.colors().of(runs[i].family).line, kUnderline);
    }
    i = last + 1;
  }
}

Rect paint_aligned(Painter& painter, Point at, const Paragraph& paragraph, const TextStyle& style, Color color,
                   Align align) {
  const std::vector<RichRun>& runs = paragraph.runs;
  float left = 0;
  for (std::size_t begin = 0; begin < runs.size();) {
    std::size_t end = begin;
    while (end < runs.size() && runs[end].line == runs[begin].line) {
      ++end;
    }
    const float by = shift(runs, begin, end, align);
    left = std::min(left, by);
    underline(painter, {at.x + by, at.y}, runs, begin, end, style);
    for (; begin < end; ++begin) {
      const RichRun& run = runs[begin];
      painter.text({at.x + by + run.x, at.y + run.y}, run.text, style_of(run, style), color);
    }
  }
  return {at.x + left, at.y, paragraph.width, paragraph.height};
}

}  // namespace

Paragraph layout(std::string_view markup, const TextStyle& style, float width, float scale, float line_spacing) {
  return cache().get(markup, style, width, scale, line_spacing);
}

Rect paint(Painter& painter, Point at, const Paragraph& paragraph, const TextStyle& style, Color color) {
  return paint_aligned(painter, at, paragraph, style, color, Align::left);
}

Rect rich(Painter& painter, Point at, std::string_view markup, const TextStyle& style, Color color, float width,
          Align align) {
  const Paragraph& paragraph = cache().get(markup, style, std::max(0.0F, width), painter.scale(), 1.4F);
  return paint_aligned(painter, at, paragraph, style, color, align);
}

float rich_width(std::string_view markup, const TextStyle& style, float scale) {
  return cache().get(markup, style, 0, scale, 1.4F).width;
}

void forget_layouts() { cache().clear(); }

}  // namespace draw
