// Formulas: what they refuse and how they say it, where the parts stand to each other, and that every picture of one
// passes the audit.
#include <imgui.h>

#include <string>
#include <vector>

#include "sim/base/error.h"
#include "tests/catch.h"
#include "ui/window/draw/audit.h"
#include "ui/window/draw/formula.h"
#include "ui/window/draw/formula_tree.h"
#include "ui/window/draw/utf8.h"

using namespace draw;

namespace {

constexpr float kPx = 20;
constexpr Rect kWindow{0, 0, 1200, 500};

struct Canvas {
  Canvas() {
    if (ImGui::GetCurrentContext() == nullptr) {
      ImGui::CreateContext();
    }
    build_fonts(1, true);
    painter.fill(kWindow, painter.colors().panel);
  }

  Log log;
  Painter painter{nullptr, palette(Theme::dark), 1, &log};
};

const std::vector<std::string> kFormulas = {
    R"(y_i = \frac{e^{x_i - m}}{\sum_{j=1}^{N} e^{x_j - m}})",
    R"(\ell^{(j)} = e^{m^{(j-1)} - m^{(j)}}\,\ell^{(j-1)} + \sum_{k=1}^{B_c} e^{x_k - m^{(j)}})",
    R"(m' = \max(m_1, m_2),\quad m_i' = \max_j S_{ij})",
    R"(O_i \leftarrow \mathrm{diag}(\alpha)\,O_i + \tilde{P}_{ij} V_j)",
    R"(B_c = \left\lceil \frac{M}{4d} \right\rceil,\quad B_r = \min\left(\left\lceil \frac{M}{4d} \right\rceil, d\right))",
    R"(\Theta\left(\frac{N^2 d^2}{M}\right))",
    R"(\color{O}{O_i} &\leftarrow \alpha\,\color{O}{O} + \color{P}{P}_{ij}\color{V}{V_j}^\top \\ x_i^2 &\ne \sqrt{\frac{1}{d}})",
    R"(\left\{ \frac{1}{1 + \frac{a}{b}} \right\} \left[ x_{i_1}^{2^2} \right] \left| \frac{x}{y} \right|_2 \prod_{k}^N k)",
    R"(\text{读取 bytes} \approx \hat{x} \bar{y} \mathbf{Q} \in \mathbb{R}^{N \times d})",
};

std::shared_ptr<const Formula> laid(const std::string& latex, float width = 0) {
  const Canvas canvas;
  return layout_formula(latex, kPx, 1, width);
}

const Formula::Glyphs& part(const Formula& formula, const std::string& text) {
  for (const Formula::Glyphs& glyphs : formula.texts) {
    if (glyphs.text == text) {
      return glyphs;
    }
  }
  FAIL("no " + text);
  return formula.texts.front();
}

float middle(const Formula::Glyphs& glyphs) { return glyphs.x + glyphs.w / 2; }

void refuses(const std::string& latex, int column, const std::string& words, const std::string& hint = "") {
  INFO(latex.substr(0, 60));
  try {
    check_formula(latex, "formula");
    FAIL("accepted");
  } catch (const sim::Error& error) {
    CHECK(error.where() == "formula, column " + std::to_string(column));
    CHECK_THAT(error.message(), Catch::Matchers::ContainsSubstring(words));
    CHECK_THAT(error.hint(), Catch::Matchers::ContainsSubstring(hint));
  }
}

}  // namespace

TEST_CASE("a formula that cannot be set says where and why", "[formula]") {
  refuses(R"(a + \fraq{1}{2})", 5, R"(\fraq)", R"(\frac)");
  refuses(R"(\aplha)", 1, R"(\aplha)", R"(did you mean \alpha?)");
  refuses(R"(\frac{1})", 1, R"(\frac without what belongs to it)");
  refuses("x^{2", 3, "without its '}'");
  refuses("x}", 2, "without a '{'");
  refuses("x^", 2, "without what belongs");
  refuses("x_i_j", 4, "two subscripts");
  refuses("值 = 1", 1, "值", R"(\text)");
  refuses(R"(\text{值} 值)", 10, "值");
  refuses(R"(\left( x)", 1, R"(without its \right)");
  refuses(R"(x \right))", 3, R"(without a \left)");
  refuses(R"(\left\alpha x \right))", 1, "delimiter", R"(\lceil)");
  refuses(R"(\left( x \\ y \right))", 10, "inside of");
  refuses(R"({\left( x })", 11, "inside of");
  refuses(R"({a & b})", 4, "outside of groups");
  refuses(R"(\color{X}{x})", 1, "X", "Q, K, V, S, P, O, m");
  refuses(R"(\mathbb{Z})", 1, "Z", "C, N, R");
  refuses(R"(\sqrt[3]{x})", 6, "square root");
  refuses(R"(\text{a \alpha})", 9, "only words");
  refuses("100 %", 5, "'%'", R"(\%)");
  refuses("x\\", 2, "backslash");
  refuses(std::string(100, '{') + std::string(100, '}'), 25, "groups inside each other");
  std::string deep;
  for (int i = 0; i < 5000; ++i) {
    deep += R"(\sqrt)";
  }
  refuses(deep + "x", 121, "groups inside each other");
}

TEST_CASE("a formula's place is the caller's", "[formula]") {
  CHECK_THROWS_WITH(check_formula(R"(\foo)", "lesson.toml, step 2"),
                    Catch::Matchers::StartsWith("lesson.toml, step 2, column 1: "));
  CHECK_NOTHROW(check_formula("", "formula"));
}

TEST_CASE("a fraction's parts stand over and under its rule", "[formula]") {
  const auto formula = laid(R"(\frac{a+bcd}{e})");
  REQUIRE(formula->strokes.size() == 1);
  const Formula::Stroke& rule = formula->strokes[0];
  const Formula::Glyphs &above = part(*formula, "a"), &last = part(*formula, "d"), &below = part(*formula, "e");
  CHECK(above.y < rule.points[0].y);
  CHECK(below.y - 0.74F * kPx > rule.points[0].y);
  CHECK(above.y + 0.2F * kPx < rule.points[0].y);
  CHECK(rule.points[0].x <= above.x);
  CHECK(rule.points[1].x >= last.x + last.w);
  CHECK(std::abs(middle(below) - (rule.points[0].x + rule.points[1].x) / 2) <= 1);
}

TEST_CASE("scripts are smaller, raised and lowered, and at one place", "[formula]") {
  const auto formula = laid(R"(x_i^{n_k})");
  const Formula::Glyphs &x = part(*formula, "x"), &i = part(*formula, "i"), &n = part(*formula, "n"),
                        &k = part(*formula, "k");
  CHECK(i.style.px == 0.74F * kPx);
  CHECK(k.style.px == 0.6F * kPx);
  CHECK(i.y > x.y);
  CHECK(n.y < x.y);
  CHECK(k.y > n.y);
  CHECK(i.x == x.x + x.w);
  CHECK(std::abs(n.x - i.x) < 0.1F * kPx);
  const Canvas canvas;
  CHECK(part(*layout_formula("x_{i_j}", 12, 1), "j").style.px == 11);
}

TEST_CASE("letters are italic, digits, names and words are upright", "[formula]") {
  const auto formula = laid(R"(x 12.5 \log \mathrm{ab} \alpha \text{c d})");
  CHECK(part(*formula, "x").style.face == Face::italic);
  CHECK(part(*formula, "α").style.face == Face::italic);
  for (const char* upright : {"12.5", "log", "ab", "c d"}) {
    CHECK(part(*formula, upright).style.face == Face::regular);
  }
}

TEST_CASE("widths add up, with room around signs but not around a sign of a number", "[formula]") {
  const auto width = [](const std::string& latex) { return laid(latex)->width; };
  CHECK(width("ab") == width("a") + width("b"));
  CHECK(width("a{+}b") == width("a") + width("{+}") + width("b"));
  CHECK(width("a+b") > width("a{+}b"));
  CHECK(width("a=b") > width("a{=}b"));
  CHECK(width("-b") == width("{-}b"));
  CHECK(width("a=-b") < width("a=0-b") - width("0"));
  CHECK(width("x_{a+b}") == width("x_{a{+}b}"));
  CHECK(width(R"(a\quad b)") == width("ab") + kPx);
}

TEST_CASE("limits are centred under and over a sum in display, beside it elsewhere", "[formula]") {
  const auto display = laid(R"(\sum_{j}^{N} x)");
  const Formula::Glyphs &sum = part(*display, "∑"), &j = part(*display, "j"), &n = part(*display, "N");
  CHECK(sum.style.px > kPx);
  CHECK(std::abs(middle(sum) - middle(j)) <= 1);
  CHECK(std::abs(middle(sum) - middle(n)) <= 1);
  CHECK(n.y < sum.y - sum.style.px * 0.7F);
  CHECK(j.y > sum.y + sum.style.px * 0.2F);
  const auto beside = laid(R"(\frac{\sum_{j}^{N} x}{2})");
  CHECK(part(*beside, "j").x >= part(*beside, "∑").x + part(*beside, "∑").w);
  const auto word = laid(R"(\max_j x)");
  CHECK(std::abs(middle(part(*word, "max")) - middle(part(*word, "j"))) <= 1);
}

TEST_CASE("fences grow with what they hold", "[formula]") {
  CHECK(laid(R"(\left(x\right))")->strokes.empty());
  const auto tall = laid(R"(\left\lceil \frac{M}{4d} \right\rceil)");
  REQUIRE(tall->strokes.size() == 3);
  for (const Formula::Stroke* side : {&tall->strokes[0], &tall->strokes[2]}) {
    float top = 0, bottom = 0;
    for (const Point point : side->points) {
      top = std::min(top, point.y), bottom = std::max(bottom, point.y);
    }
    CHECK(top < part(*tall, "M").y - 0.6F * kPx);
    CHECK(bottom >= part(*tall, "4").y);
  }
  CHECK(laid(R"(\left. x \right|)")->texts.size() == 2);
}

TEST_CASE("lines stand under each other at &, else at the left", "[formula]") {
  const auto aligned = laid(R"(abc &= d \\ e &= f)");
  CHECK(aligned->lines == 2);
  CHECK(part(*aligned, "d").x == part(*aligned, "f").x);
  CHECK(part(*aligned, "e").x > part(*aligned, "a").x);
  CHECK(part(*aligned, "e").y >= part(*aligned, "a").y + 1.4F * kPx);
  const auto left = laid(R"(abc = d \\ e = f \\)");
  CHECK(left->lines == 2);
  CHECK(part(*left, "a").x == part(*left, "e").x);
}

TEST_CASE("a line that is too wide is broken after a comma, before a relation or a sign", "[formula]") {
  const std::string latex = R"(a = b + c + d,\quad e = f + g + h)";
  const auto whole = laid(latex), two = laid(latex, whole->width * 0.7F), more = laid(latex, whole->width * 0.3F);
  CHECK(whole->lines == 1);
  REQUIRE(two->lines == 2);
  CHECK(part(*two, "e").y > part(*two, "d").y);
  CHECK(part(*two, "f").y == part(*two, "e").y);
  CHECK(more->lines > 2);
  CHECK(more->width <= whole->width * 0.3F);
  CHECK(laid("abcdefgh", 10)->lines == 1);
}

TEST_CASE("underlines lie in the tensor's colour, at one depth, under all of a term", "[formula]") {
  Canvas canvas;
  const auto formula = layout_formula(R"(\color{Q}{Q} \color{K}{K_j})", kPx, 1);
  REQUIRE(formula->strokes.size() == 2);
  CHECK(formula->strokes[0].points[0].y == formula->strokes[1].points[0].y);
  CHECK(formula->strokes[1].points[0].x == part(*formula, "K").x);
  CHECK(formula->strokes[1].points[1].x > part(*formula, "j").x);
  paint_formula(canvas.painter, {10, 10}, *formula, canvas.painter.colors().ink);
  int seen = 0;
  for (const LogEntry& entry : canvas.log) {
    if (entry.kind == LogEntry::Kind::stroke) {
      CHECK(entry.color == canvas.painter.colors().of(seen++ == 0 ? Family::q : Family::k).line);
      CHECK(entry.thickness == 2);
    }
  }
  CHECK(seen == 2);
}

TEST_CASE("every symbol of formulas has a glyph", "[formula]") {
  const Canvas canvas;
  const auto check = [](std::string_view text, Face face) {
    for (std::size_t at = 0; at < text.size();) {
      INFO(text);
      CHECK(has_glyph({kPx, face}, next_code_point(text, at)));
    }
  };
  for (const auto& all : {formula::symbols(), formula::blackboard(), formula::delimiters()}) {
    for (const formula::Symbol& symbol : all) {
      check(symbol.text, symbol.face);
    }
  }
  for (const formula::Operator& one : formula::operators()) {
    check(one.text, Face::regular);
  }
  check("−", Face::regular);
}

TEST_CASE("pictures of formulas pass the audit in any size, and lie in the box that is returned", "[formula]") {
  const float scale = GENERATE(1.0F, 1.25F, 1.5F, 2.0F);
  for (float px = 11; px <= 32; px += 1.5F) {
    for (const std::string& latex : kFormulas) {
      Canvas canvas;
      build_fonts(scale, true);
      Painter painter(nullptr, palette(Theme::light), scale, &canvas.log);
      painter.fill(kWindow, painter.colors().panel);
      const Rect box = paint_formula(painter, {10.3F, 10.4F}, *layout_formula(latex, px, scale), painter.colors().ink);
      INFO(latex << " at " << px << " px, scale " << scale);
      std::string findings;
      for (const Finding& finding : audit(canvas.log, kWindow)) {
        findings += finding.what + "\n";
      }
      CHECK(findings == "");
      for (std::size_t i = 2; i < canvas.log.size(); ++i) {
        INFO(canvas.log[i].text);
        // The log counts a stroke's thickness at its ends too.
        CHECK(box.inset(-0.6F - canvas.log[i].thickness / 2).contains(canvas.log[i].box));
      }
    }
  }
}

TEST_CASE("formulas are kept between frames", "[formula]") {
  const auto once = laid("x^2");
  CHECK(laid("x^2") == once);
  CHECK(laid("x^2", 300) != once);
  forget_formulas();
  CHECK(laid("x^2") != once);
}
