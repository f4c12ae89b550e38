// What the window draws with: colours that can be told apart, rich text, shapes that stay where they belong, and the
// audit that watches over every picture.
#include <imgui.h>

#include <string>
#include <vector>

#include "tests/catch.h"
#include "ui/window/draw/audit.h"
#include "ui/window/draw/icons.h"
#include "ui/window/draw/rich_text.h"
#include "ui/window/draw/shapes.h"
#include "ui/window/draw/svg.h"

using namespace draw;

namespace {

constexpr Rect kWindow{0, 0, 400, 300};
constexpr TextStyle kBody{16};

// Fonts for measuring; nothing is shown.
struct Canvas {
  Canvas() {
    static const bool kReady = [] {
      ImGui::CreateContext();
      return build_fonts(1, true);
    }();
    REQUIRE(kReady);
    painter.fill(kWindow, painter.colors().panel);
  }

  std::vector<Finding> findings() const { return audit(log, kWindow); }
  bool finds(Finding::Kind kind, const std::string& words) const {
    for (const Finding& finding : findings()) {
      if (finding.kind == kind && finding.what.find(words) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  Log log;
  Painter painter{nullptr, palette(Theme::dark), 1, &log};
  Color ink = palette(Theme::dark).ink;
};

std::vector<std::string> lines_of(const Paragraph& paragraph) {
  std::vector<std::string> lines(static_cast<std::size_t>(paragraph.lines));
  for (const RichRun& run : paragraph.runs) {
    lines[static_cast<std::size_t>(run.line)] += run.text;
  }
  return lines;
}

// Tags that nest, quoted attributes, nothing left open. Enough for what our writer can do wrong.
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at)) {
    const std::size_t end = xml.find('>', at);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (end == std::string::npos || std::count(tag.begin(), tag.end(), '"') % 2 != 0 ||
        tag.find('<') != std::string::npos) {
      return false;
    }
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != tag) {
        return false;
      }
      open.pop_back();
    } else if (tag[0] != '?' && tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty();
}

}  // namespace

TEST_CASE("contrast is that of WCAG 2.2") {
  CHECK(contrast(rgb(0x000000), rgb(0xFFFFFF)) == Catch::Approx(21));
  CHECK(contrast(rgb(0x767676), rgb(0xFFFFFF)) == Catch::Approx(4.54).margin(0.005));
  CHECK(contrast(rgb(0x777777), rgb(0xFFFFFF)) == Catch::Approx(4.48).margin(0.005));
  CHECK(contrast(rgb(0x0072B2), rgb(0x0072B2)) == Catch::Approx(1));
}

TEST_CASE("every text can be read and every line seen, in all themes") {
  for (int theme = 0; theme < kThemes; ++theme) {
    const Palette& p = palette(static_cast<Theme>(theme));
    CAPTURE(name_of(p.theme));
    for (const Color surface : {p.background, p.panel, p.raised}) {
      for (const Color text : {p.ink, p.ink2, p.ink3, p.error_text}) {
        CHECK(contrast(text, surface) >= 4.5);
      }
      CHECK(contrast(p.error_mark, surface) >= 3);
    }
    CHECK(contrast(p.inverse, p.ink) >= 4.5);
    CHECK(contrast(p.edge, p.panel) >= 3);
    for (int family = 0; family < kFamilies; ++family) {
      CAPTURE(family);
      const TensorColors& colors = p.of(static_cast<Family>(family));
      CHECK(contrast(colors.on_fill, colors.fill) >= 4.5);
      CHECK(contrast(p.ink, colors.tint) >= 4.5);
      CHECK(contrast(colors.line, p.panel) >= 3);
    }
  }
}

TEST_CASE("heat maps begin and end with their colours, and NaN is no crash") {
  const Palette& dark = palette(Theme::dark);
  CHECK(viridis(0) == rgb(0x440154));
  CHECK(viridis(1) == rgb(0xFDE725));
  CHECK(viridis(7) == viridis(1));
  CHECK(viridis(std::nanf("")) == viridis(0));
  CHECK(diverging(dark, 0) == rgb(0x20262E));
  CHECK(diverging(dark, -1) == rgb(0xDFC27D));
  CHECK(diverging(palette(Theme::light), 1) == rgb(0x01665E));
  CHECK(grey_ramp(dark, 1) == dark.ink);
}

TEST_CASE("rich text: marks, nested marks, and what is no mark") {
  const auto runs = parse_rich("a *b* **c** `d`[S:S_{3,6}]^{2}");
  REQUIRE(runs.size() == 9);
  CHECK(runs[1].face == Face::italic);
  CHECK(runs[3].face == Face::semibold);
  CHECK(runs[5].face == Face::mono);
  CHECK(runs[6].text == "S");
  CHECK(runs[6].family == Family::s);
  CHECK(runs[7].text == "3,6");
  CHECK(runs[7].script == -1);
  CHECK(runs[7].family == Family::s);
  CHECK(runs[8].script == 1);
  CHECK(runs[8].family == Family::none);
  for (const char* same : {"2 * 3 * 4", "a[i] + x_1", "[X:y]", "open *", "[K:", "`x", "_{"}) {
    CHECK(plain(same) == same);
  }
  CHECK(plain("\\*a\\* \\[K:b]") == "*a* [K:b]");
  CHECK(plain("`a * b` *c **d** e*") == "a * b c d e");
  CHECK(plain("[K:K[0]] and {x_{a{1}}}") == "K[0] and {xa{1}}");
  const auto nested = parse_rich("e^{m_{old}}");
  REQUIRE(nested.size() == 3);
  CHECK(nested[2].raise > 0);
  CHECK(nested[2].raise < nested[1].raise);
  const auto mixed = parse_rich("*S 变*");
  REQUIRE(mixed.size() == 2);
  CHECK(mixed[1].face == Face::regular);
}

TEST_CASE("rich text breaks lines at spaces and between Chinese characters") {
  const Canvas canvas;
  const float word = text_width("the slot", kBody, 1);
  CHECK(lines_of(layout("flies to the slot", kBody, word + 2, 1)) == std::vector<std::string>{"flies to", "the slot"});
  CHECK(lines_of(layout("one line", kBody, 0, 1)) == std::vector<std::string>{"one line"});
  CHECK(lines_of(layout("a\nb", kBody, 200, 1)) == std::vector<std::string>{"a", "b"});
  const float four = text_width("中中中中", kBody, 1);
  CHECK(lines_of(layout("中中中中中中", kBody, four + 1, 1)) == std::vector<std::string>{"中中中中", "中中"});
  // No line begins with a comma: the character before it comes along.
  CHECK(lines_of(layout("中中中中，中", kBody, four + 1, 1)) == std::vector<std::string>{"中中中", "中，中"});
  // A subscript stays with its letter.
  const auto narrow = lines_of(layout("x K_{12}", kBody, text_width("x K", kBody, 1) + 2, 1));
  CHECK(narrow == std::vector<std::string>{"x", "K12"});
  const Paragraph cut = layout("incomprehensibilities", kBody, 60, 1);
  CHECK(cut.lines > 1);
  CHECK(cut.width <= 60);
}

TEST_CASE("one underline runs under a whole mark") {
  Canvas canvas;
  rich(canvas.painter, {10, 10}, "[S:tile S_{3,6}] is", kBody, canvas.ink);
  const auto lines = std::count_if(canvas.log.begin(), canvas.log.end(), [](const LogEntry& entry) {
    return entry.kind == LogEntry::Kind::stroke && entry.color == palette(Theme::dark).of(Family::s).line;
  });
  CHECK(lines == 1);
  CHECK(canvas.findings().empty());
}

TEST_CASE("text too wide is cut between characters, with an ellipsis") {
  Canvas canvas;
  const float room = text_width("中中…", kBody, 1) + 2;
  const Rect box = canvas.painter.text_within({0, 0}, room, "中中中中中中", kBody, canvas.ink);
  CHECK(box.w <= room);
  CHECK(canvas.log.back().text == "中中…");
  CHECK(canvas.painter.text_within({0, 0}, 200, "whole", kBody, canvas.ink).w == text_width("whole", kBody, 1));
  CHECK_FALSE(canvas.painter.text_in({0, 0, 10, 20}, "wide", kBody, canvas.ink));
}

TEST_CASE("the audit passes a clean picture") {
  Canvas canvas;
  canvas.painter.text({10, 10}, "K flies to the slot", kBody, canvas.ink);
  canvas.painter.text({10, 40}, "and the next line", kBody, canvas.ink);
  tile(canvas.painter, {200, 10, 32, 32}, Family::p, TileState::done);
  canvas.painter.text_in({200, 10, 32, 32}, "P", kBody, canvas.painter.colors().of(Family::p).on_fill);
  canvas.painter.push_layer(nullptr);
  canvas.painter.fill({0, 0, 250, 70}, canvas.painter.colors().raised);
  canvas.painter.text({10, 10}, "over all of it", kBody, canvas.ink);
  canvas.painter.pop_layer();
  for (const Finding& finding : canvas.findings()) {
    FAIL_CHECK(finding.what);
  }
}

TEST_CASE("the audit finds what was planted") {
  Canvas canvas;
  Painter& p = canvas.painter;
  SECTION("text over text") {
    p.text({10, 10}, "first", kBody, canvas.ink);
    p.text({30, 14}, "second", kBody, canvas.ink);
    CHECK(canvas.finds(Finding::Kind::overlap, "\"second\""));
  }
  SECTION("text that leaves the window, a clip") {
    p.text({380, 10}, "too far right", kBody, canvas.ink);
    CHECK(canvas.finds(Finding::Kind::cut, "too far right"));
    p.push_clip({0, 100, 20, 20});
    p.text({0, 100}, "clipped", kBody, canvas.ink);
    CHECK(canvas.finds(Finding::Kind::cut, "clipped"));
    p.set_may_be_cut(true);
    p.text({0, 100}, "on purpose", kBody, canvas.ink);
    CHECK_FALSE(canvas.finds(Finding::Kind::cut, "on purpose"));
    p.pop_clip();
  }
  SECTION("text hard to read: on a fill, on a tint, on an image, on a hatch") {
    p.fill({0, 0, 100, 30}, p.colors().of(Family::p).fill);
    p.text({10, 5}, "fill", kBody, canvas.ink);
    p.fill({0, 40, 100, 30}, canvas.ink.with_alpha(0.7F));
    p.text({10, 45}, "tint", kBody, canvas.ink);
    p.heat_map({0, 80, 100, 30}, {1, 2, {viridis(0), viridis(1)}}, 1);
    p.text({30, 85}, "image", kBody, canvas.ink);
    p.hatch({0, 120, 100, 30}, canvas.ink, 5);
    p.text({10, 125}, "hatch", kBody, canvas.ink);
    for (const char* words : {"fill", "tint", "image", "hatch"}) {
      CHECK(canvas.finds(Finding::Kind::contrast, words));
    }
  }
  SECTION("a line hard to see") {
    p.fill({0, 0, 100, 100}, rgb(0x1B9E77));
    p.line({10, 10}, {90, 10}, p.colors().of(Family::k).line, 2);
    CHECK(canvas.finds(Finding::Kind::contrast, "a line at (10, 10)"));
  }
  SECTION("text covered: by its own layer, partly by one over it") {
    p.text({10, 10}, "gone", kBody, canvas.ink);
    p.text({100, 10}, "half gone", kBody, canvas.ink);
    p.fill({0, 0, 90, 40}, p.colors().raised);
    p.push_layer(nullptr);
    p.fill({130, 0, 100, 40}, p.colors().raised);
    p.pop_layer();
    CHECK(canvas.finds(Finding::Kind::covered, "\"gone\""));
    CHECK(canvas.finds(Finding::Kind::covered, "\"half gone\""));
  }
  SECTION("a character that no font has") {
    p.text({10, 10}, "\xE0\xBC\x80", kBody, canvas.ink);  // U+0F00, Tibetan
    CHECK(canvas.finds(Finding::Kind::missing_glyph, "U+0F00"));
  }
}

TEST_CASE("an SVG picture is well-formed and keeps its text") {
  Canvas canvas;
  Painter& p = canvas.painter;
  p.text({10, 10}, "a < b & \"c\" 变成\x01\xFF", kBody, canvas.ink);
  p.push_clip({0, 0, 50, 50});
  p.text({40, 10}, "cut", {16, Face::semibold}, canvas.ink);
  p.pop_clip();
  p.dashed_line({0, 60}, {100, 60}, canvas.ink, kTarget, 2);
  p.hatch({0, 70, 50, 20}, canvas.ink, 5);
  p.ring({200, 200}, 10, canvas.ink);
  p.heat_map({100, 100, 50, 50}, {1, 2, {viridis(0), viridis(1)}}, 1);
  for (int state = 0; state <= static_cast<int>(TileState::impossible); ++state) {
    tile(p, {static_cast<float>(state) * 30, 150, 20, 20}, Family::q, static_cast<TileState>(state), state % 2 == 1);
  }
  const std::string svg = to_svg(canvas.log, 400, 300, palette(Theme::dark).background);
  CHECK(well_formed(svg));
  for (const char* part : {"a &lt; b &amp; &quot;c&quot; 变成", "stroke-dasharray=\"5,4\"", "font-weight=\"600\"",
                           "clip-path=\"url(#clip0)\"", "data:image/png;base64,iVBOR", "image-rendering:pixelated"}) {
    CHECK_THAT(svg, Catch::Matchers::ContainsSubstring(part));
  }
  CHECK(svg.find('\x01') == std::string::npos);
}

TEST_CASE("dashes begin and end at corners") {
  for (const float length : {8.0F, 10.0F, 31.0F, 100.0F}) {
    const Dash fit = fitted(kGhost, length);
    float last = 0;
    for_each_dash(length, fit, [&](float begin, float end) {
      CHECK(begin < end);
      CHECK(end <= length);
      last = end;
    });
    CHECK(last == Catch::Approx(length));
  }
  Canvas canvas;
  canvas.log.clear();
  const Rect rect{10.3F, 20.7F, 41.2F, 33.1F};
  canvas.painter.dashed_frame(rect, canvas.ink, kFlight, 2);
  REQUIRE(canvas.log.size() == 4);
  for (const LogEntry& side : canvas.log) {
    for (const Point p : side.points) {
      CHECK(rect.inset(-1).has(p));
    }
  }
}

TEST_CASE("hatch lines stay in their rectangle, at 45 degrees") {
  const Rect rect{13, 7, 50, 21};
  for (const bool falling : {false, true}) {
    int lines = 0;
    for_each_hatch_line(rect, 5, falling, [&](Point a, Point b) {
      ++lines;
      CHECK(rect.inset(-0.01F).has(a));
      CHECK(rect.inset(-0.01F).has(b));
      CHECK(std::abs(b.y - a.y) == Catch::Approx(b.x - a.x).margin(1e-3));
      CHECK((b.y > a.y) == falling);
    });
    CHECK(lines == 14);  // (50 + 21) / 5
  }
}
