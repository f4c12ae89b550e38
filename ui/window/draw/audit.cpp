#include "ui/window/draw/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "ui/window/draw/ground.h"
#include "ui/window/draw/utf8.h"

namespace draw {

namespace {

constexpr float kSlack = 1;  // px by which boxes may touch
constexpr double kTextContrast = 4.5, kMarkContrast = 3;
constexpr float kThinnest = 1.5F;  // px of strokes that carry meaning

// Where letters have ink: from the capitals' tops to the descenders, less than the line box.
Rect ink_of(const LogEntry& text) {
  const float px = text.style.px, baseline = text.box.y + ascent(text.style);
  return {text.box.x, baseline - 0.74F * px, text.box.w, 0.94F * px};
}

bool deep(const Rect& a, const Rect& b) {
  const Rect c = common(a, b);
  return c.w > kSlack && c.h > kSlack;
}

bool opaque(const LogEntry& entry) {
  return entry.kind == LogEntry::Kind::image || (entry.kind == LogEntry::Kind::fill && entry.color.a == 255);
}

// The part of a surface that hides all under it: of a disc, the square in it.
Rect solid_part(const LogEntry& entry) {
  if (entry.kind == LogEntry::Kind::fill && entry.points.size() != 4) {
    return {};  // a triangle of an icon hides no more than its middle
  }
  return common(entry.clip, entry.box.inset(0.29F * entry.radius));
}

std::string quoted(const LogEntry& text) {
  return fmt::format("\"{}\" at ({:.0f}, {:.0f})", text.text, text.box.x, text.box.y);
}

class Audit {
 public:
  Audit(const Log& log, const Rect& window) : window_(window), ground_(log) {
    for (std::size_t i = 0; i < ground_.size(); ++i) {
      const LogEntry& entry = ground_[i];
      if (entry.kind == LogEntry::Kind::text) {
        const Rect ink = ink_of(entry), seen = common(ink, entry.clip);
        texts_.push_back({i, ink, seen});
      }
    }
  }

  std::vector<Finding> run() {
    for (const Text& text : texts_) {
      cut(text);
      if (!ground_[text.at].clip.empty()) {
        glyphs(text);  // also where a missing character leaves no width
      }
      if (!text.seen.empty()) {
        covered(text);
        contrast_of(text);
      }
    }
    overlaps();
    for (std::size_t i = 0; i < ground_.size(); ++i) {
      stroke(i);
    }
    return std::move(found_);
  }

 private:
  struct Text {
    std::size_t at;
    Rect ink, seen;
  };

  void report(Finding::Kind kind, std::string what, const Rect& where) {
    found_.push_back({kind, std::move(what), where});
  }

  // What a clip hides wholly is not there; what the window hides is lost.
  void cut(const Text& text) {
    const LogEntry& entry = ground_[text.at];
    if (entry.may_be_cut || text.seen.empty()) {
      return;
    }
    const Rect room = common(entry.clip, window_);
    if (!room.inset(-kSlack).contains(text.ink)) {
      report(Finding::Kind::cut, quoted(entry) + " is cut off", text.ink);
    }
  }

  void covered(const Text& text) {
    const LogEntry& entry = ground_[text.at];
    for (const std::size_t i : ground_.surfaces_over(text.seen, text.at)) {
      const LogEntry& over = ground_[i];
      const Rect solid = solid_part(over);
      if (!opaque(over) || !deep(solid, text.seen)) {
        continue;
      }
      if (over.layer == entry.layer) {
        report(Finding::Kind::covered, quoted(entry) + " is covered by what was drawn after it",
               common(solid, text.seen));
        return;
      }
      if (!solid.inset(-kSlack).contains(text.seen)) {
        report(Finding::Kind::covered, quoted(entry) + " is partly covered by a layer over it",
               common(solid, text.seen));
        return;
      }
    }
  }

  bool hidden(std::size_t text, std::size_t later, const Rect& where) const {
    const auto over = ground_.surfaces_over(where, text);
    return std::any_of(over.begin(), over.end(), [&](std::size_t i) {
      return i < later && opaque(ground_[i]) && solid_part(ground_[i]).contains(where);
    });
  }

  void overlaps() {
    std::vector<Text> sorted;
    std::copy_if(texts_.begin(), texts_.end(), std::back_inserter(sorted),
                 [](const Text& t) { return !t.seen.empty(); });
    std::sort(sorted.begin(), sorted.end(), [](const Text& a, const Text& b) { return a.seen.x < b.seen.x; });
    for (std::size_t a = 0; a < sorted.size(); ++a) {
      for (std::size_t b = a + 1; b < sorted.size() && sorted[b].seen.x < sorted[a].seen.right(); ++b) {
        const Text &first = sorted[a].at < sorted[b].at ? sorted[a] : sorted[b],
                   &second = sorted[a].at < sorted[b].at ? sorted[b] : sorted[a];
        const LogEntry &under = ground_[first.at], &over = ground_[second.at];
        if (under.layer == over.layer && deep(first.seen, second.seen) &&
            !hidden(first.at, second.at, common(first.seen, second.seen))) {
          report(Finding::Kind::overlap, fmt::format("{} and {} lie over each other", quoted(under), quoted(over)),
                 common(first.seen, second.seen));
        }
      }
    }
  }

  void contrast_of(const Text& text) {
    const LogEntry& entry = ground_[text.at];
    const Rect r = common(text.seen, window_).inset(0.5F);
    double worst = 22;
    Color against;
    for (const Point p :
         {r.center(), Point{r.x, r.y}, Point{r.right(), r.y}, Point{r.x, r.bottom()}, Point{r.right(), r.bottom()}}) {
      for (const Color under : ground_.under(p, text.at, r)) {
        const double now = contrast(blend(entry.color, static_cast<float>(entry.color.a) / 255, under), under);
        if (now < worst) {
          worst = now, against = under;
        }
      }
    }
    if (worst < kTextContrast) {
      report(Finding::Kind::contrast,
             fmt::format("{} has a contrast of {:.2f} to #{:02X}{:02X}{:02X} under it, needs {}", quoted(entry), worst,
                         against.r, against.g, against.b, kTextContrast),
             text.seen);
    }
  }

  void glyphs(const Text& text) {
    const LogEntry& entry = ground_[text.at];
    for (std::size_t at = 0; at < entry.text.size();) {
      const std::size_t begin = at;
      const char32_t c = next_code_point(entry.text, at);
      // ASCII is in every font.
      if (c >= 0x7F && !has_glyph(entry.style, c)) {
        report(Finding::Kind::missing_glyph,
               fmt::format("{} has the character {} (U+{:04X}), which the fonts have not", quoted(entry),
                           entry.text.substr(begin, at - begin), static_cast<std::uint32_t>(c)),
               text.seen);
        return;
      }
    }
  }

  static bool carries_meaning(Color color) {
    static const std::vector<Color> colors = [] {
      std::vector<Color> all;
      for (int theme = 0; theme < kThemes; ++theme) {
        const Palette& p = palette(static_cast<Theme>(theme));
        all.push_back(p.edge);
        for (const TensorColors& tensor : p.tensors) {
          all.push_back(tensor.line);
        }
      }
      return all;
    }();
    return std::find(colors.begin(), colors.end(), color) != colors.end();
  }

  // Best of what lies under a piece of a stroke and at its two sides: the border of a tile stands out to one of them.
  double stands_out(std::size_t i, Point a, Point b) const {
    const LogEntry& entry = ground_[i];
    const Point middle{(a.x + b.x) / 2, (a.y + b.y) / 2};
    const float length = std::max(1e-3F, std::hypot(b.x - a.x, b.y - a.y)), side = entry.thickness / 2 + 0.6F;
    const Point across{(a.y - b.y) / length * side, (b.x - a.x) / length * side};
    double best = -1;
    for (const Point p : {middle, middle + across, middle - across}) {
      for (const Color under : entry.clip.has(p) ? ground_.under(p, i, {p.x, p.y, 1, 1}) : std::vector<Color>{}) {
        best = std::max(best, contrast(entry.color, under));
      }
    }
    return best < 0 ? kMarkContrast : best;
  }

  void stroke(std::size_t i) {
    const LogEntry& entry = ground_[i];
    if (entry.kind != LogEntry::Kind::stroke || entry.thickness < kThinnest || !carries_meaning(entry.color)) {
      return;
    }
    const auto& p = entry.points;
    const std::size_t count = p.size() - (entry.closed ? 0 : 1), step = std::max<std::size_t>(1, count / 8);
    for (std::size_t k = 0; k < count; k += step) {
      const double now = stands_out(i, p[k], p[(k + 1) % p.size()]);
      if (now < kMarkContrast) {
        report(Finding::Kind::contrast,
               fmt::format("a line at ({:.0f}, {:.0f}) has a contrast of {:.2f} to what is under it, needs {}", p[k].x,
                           p[k].y, now, kMarkContrast),
               entry.box);
        return;
      }
    }
  }

  Rect window_;
  Ground ground_;
  std::vector<Text> texts_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> audit(const Log& log, const Rect& window) { return Audit(log, window).run(); }

}  // namespace draw
