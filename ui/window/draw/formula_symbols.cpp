// The commands of formulas. Each character here must be in the list of fonts_embed.cmake.
#include <array>

#include "ui/window/draw/formula_tree.h"

namespace draw::formula {

namespace {

constexpr Face kItalic = Face::italic, kUpright = Face::regular;

constexpr std::array kSymbols = {
    Symbol{"alpha", "α", Atom::ord, kItalic},
    Symbol{"beta", "β", Atom::ord, kItalic},
    Symbol{"gamma", "γ", Atom::ord, kItalic},
    Symbol{"delta", "δ", Atom::ord, kItalic},
    Symbol{"epsilon", "ε", Atom::ord, kItalic},
    Symbol{"eta", "η", Atom::ord, kItalic},
    Symbol{"theta", "θ", Atom::ord, kItalic},
    Symbol{"lambda", "λ", Atom::ord, kItalic},
    Symbol{"mu", "μ", Atom::ord, kItalic},
    Symbol{"pi", "π", Atom::ord, kItalic},
    Symbol{"rho", "ρ", Atom::ord, kItalic},
    Symbol{"sigma", "σ", Atom::ord, kItalic},
    Symbol{"tau", "τ", Atom::ord, kItalic},
    Symbol{"phi", "φ", Atom::ord, kItalic},
    Symbol{"ell", "ℓ", Atom::ord, kItalic},
    Symbol{"Delta", "Δ", Atom::ord, kUpright},
    Symbol{"Theta", "Θ", Atom::ord, kUpright},
    Symbol{"Sigma", "Σ", Atom::ord, kUpright},
    Symbol{"Omega", "Ω", Atom::ord, kUpright},
    Symbol{"infty", "∞", Atom::ord, kUpright},
    // The transpose: a letter of the text's own weight.
    Symbol{"top", "T", Atom::ord, kUpright},
    Symbol{"partial", "∂", Atom::ord, kUpright},
    Symbol{"ldots", "…", Atom::inner, kUpright},
    Symbol{"dots", "…", Atom::inner, kUpright},
    Symbol{"cdots", "⋯", Atom::inner, kUpright},
    Symbol{"cdot", "·", Atom::bin, kUpright},
    Symbol{"times", "×", Atom::bin, kUpright},
    Symbol{"pm", "±", Atom::bin, kUpright},
    Symbol{"odot", "⊙", Atom::bin, kUpright},
    Symbol{"circ", "∘", Atom::bin, kUpright},
    Symbol{"le", "≤", Atom::rel, kUpright},
    Symbol{"leq", "≤", Atom::rel, kUpright},
    Symbol{"ge", "≥", Atom::rel, kUpright},
    Symbol{"geq", "≥", Atom::rel, kUpright},
    Symbol{"ne", "≠", Atom::rel, kUpright},
    Symbol{"neq", "≠", Atom::rel, kUpright},
    Symbol{"ll", "≪", Atom::rel, kUpright},
    Symbol{"gg", "≫", Atom::rel, kUpright},
    Symbol{"approx", "≈", Atom::rel, kUpright},
    Symbol{"equiv", "≡", Atom::rel, kUpright},
    Symbol{"sim", "∼", Atom::rel, kUpright},
    Symbol{"propto", "∝", Atom::rel, kUpright},
    Symbol{"in", "∈", Atom::rel, kUpright},
    Symbol{"to", "→", Atom::rel, kUpright},
    Symbol{"rightarrow", "→", Atom::rel, kUpright},
    Symbol{"leftarrow", "←", Atom::rel, kUpright},
    Symbol{"gets", "←", Atom::rel, kUpright},
    Symbol{"Rightarrow", "⇒", Atom::rel, kUpright},
    Symbol{"mid", "|", Atom::rel, kUpright},
    Symbol{"{", "{", Atom::open, kUpright},
    Symbol{"}", "}", Atom::close, kUpright},
    Symbol{"lceil", "⌈", Atom::open, kUpright},
    Symbol{"rceil", "⌉", Atom::close, kUpright},
    Symbol{"lfloor", "⌊", Atom::open, kUpright},
    Symbol{"rfloor", "⌋", Atom::close, kUpright},
    Symbol{"langle", "⟨", Atom::open, kUpright},
    Symbol{"rangle", "⟩", Atom::close, kUpright},
    Symbol{"%", "%", Atom::ord, kUpright},
    Symbol{"_", "_", Atom::ord, kUpright},
    Symbol{"#", "#", Atom::ord, kUpright},
    Symbol{"&", "&", Atom::ord, kUpright},
    Symbol{"$", "$", Atom::ord, kUpright},
};

constexpr std::array kBlackboard = {
    Symbol{"C", "ℂ"},
    Symbol{"N", "ℕ"},
    Symbol{"R", "ℝ"},
};

constexpr std::array kDelimiters = {
    Symbol{".", ""},         Symbol{"(", "("},        Symbol{")", ")"},        Symbol{"[", "["},
    Symbol{"]", "]"},        Symbol{"|", "|"},        Symbol{"\\{", "{"},      Symbol{"\\}", "}"},
    Symbol{"\\lceil", "⌈"},  Symbol{"\\rceil", "⌉"},  Symbol{"\\lfloor", "⌊"}, Symbol{"\\rfloor", "⌋"},
    Symbol{"\\langle", "⟨"}, Symbol{"\\rangle", "⟩"},
};

constexpr std::array kOperators = {
    Operator{"sum", "∑", true, true},    Operator{"prod", "∏", true, true},    Operator{"max", "max", false, true},
    Operator{"min", "min", false, true}, Operator{"exp", "exp", false, false}, Operator{"log", "log", false, false},
    Operator{"ln", "ln", false, false},
};

constexpr std::array kSpaces = {
    Space{",", 3.0F / 18}, Space{":", 4.0F / 18}, Space{";", 5.0F / 18}, Space{"!", -3.0F / 18},
    Space{" ", 0.28F},     Space{"quad", 1},      Space{"qquad", 2},
};

// What the parser itself knows.
constexpr std::array<std::string_view, 13> kForms = {"frac",   "sqrt",  "left", "right", "text",  "mathrm", "mathbf",
                                                     "mathbb", "tilde", "hat",  "bar",   "color", "\\"};

}  // namespace

std::span<const Symbol> symbols() { return kSymbols; }
std::span<const Symbol> blackboard() { return kBlackboard; }
std::span<const Symbol> delimiters() { return kDelimiters; }
std::span<const Operator> operators() { return kOperators; }
std::span<const Space> spaces() { return kSpaces; }

std::vector<std::string> commands() {
  std::vector<std::string> all;
  const auto add = [&all](std::string_view name) { all.push_back("\\" + std::string(name)); };
  for (const std::string_view name : kForms) {
    add(name);
  }
  for (const Operator& one : kOperators) {
    add(one.name);
  }
  for (const Symbol& one : kSymbols) {
    add(one.name);
  }
  for (const Space& one : kSpaces) {
    add(one.name);
  }
  return all;
}

}  // namespace draw::formula
