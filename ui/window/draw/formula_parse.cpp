// Formulas: from LaTeX to a tree.
#include <fmt/format.h>

#include <optional>

#include "sim/base/suggest.h"
#include "ui/window/draw/formula_reader.h"
#include "ui/window/draw/formula_tree.h"

namespace draw::formula {

namespace {

constexpr int kDeepest = 24;  // groups in groups: the stack is not endless

Node glyphs(std::string_view text, Atom atom, Face face) {
  Node node;
  node.kind = Node::Kind::glyphs;
  node.text = text;
  node.atom = atom;
  node.face = face;
  return node;
}

Node with_children(Node::Kind kind, std::vector<Node> children, Atom atom = Atom::ord) {
  Node node;
  node.kind = kind;
  node.atom = atom;
  node.children = std::move(children);
  return node;
}

bool is_none(const Node& node) { return node.kind == Node::Kind::list && node.children.empty(); }

// A character that stands for itself or for what it means in mathematics.
std::optional<Node> character(char c) {
  switch (c) {
    case '-': return glyphs("−", Atom::bin, Face::regular);
    case '+':
    case '*': return glyphs({&c, 1}, Atom::bin, Face::regular);
    case '=':
    case '<':
    case '>':
    case ':': return glyphs({&c, 1}, Atom::rel, Face::regular);
    case ',':
    case ';': return glyphs({&c, 1}, Atom::punct, Face::regular);
    case '(':
    case '[': return glyphs({&c, 1}, Atom::open, Face::regular);
    case ')':
    case ']':
    case '!':
    case '?': return glyphs({&c, 1}, Atom::close, Face::regular);
    case '/':
    case '|':
    case '.': return glyphs({&c, 1}, Atom::ord, Face::regular);
    default: break;
  }
  return is_letter(c) ? std::optional(glyphs({&c, 1}, Atom::ord, Face::italic)) : std::nullopt;
}

class Parser : Reader {
 public:
  using Reader::Reader;

  std::vector<Row> rows() {
    std::vector<Row> rows(1);
    for (;;) {
      rows.back().push_back(list());
      skip_spaces();
      if (take("\\\\")) {
        rows.emplace_back();
      } else if (at_end()) {
        break;
      } else if (!take("&")) {
        stray();
      }
    }
    if (rows.size() > 1 && rows.back().size() == 1 && is_none(rows.back()[0])) {
      rows.pop_back();  // "\\" at the end
    }
    return rows;
  }

 private:
  [[noreturn]] void stray() const {
    if (starts("\\right")) {
      fail(at_, "\\right without a \\left");
    }
    fail(at_, "'}' without a '{'", "a brace to be shown is written \\}");
  }

  // Up to what ends a list: the end, } & \\ or \right.
  Node list() {
    Node list;
    for (skip_spaces(); !at_end(); skip_spaces()) {
      if (now() == '}' || now() == '&' || starts("\\\\") || starts("\\right")) {
        break;
      }
      list.children.push_back(scripted());
    }
    return list;
  }

  // A thing with its sub- and superscript, in any order; primes are superscripts.
  Node scripted() {
    const std::size_t begin = at_;
    const bool bare = now() == '_' || now() == '^' || now() == '\'';
    Node nucleus = bare ? Node{} : thing();
    Node below, above;
    bool has_below = false, has_above = false;
    for (skip_spaces(); !at_end(); skip_spaces()) {
      const std::size_t at = at_;
      if (take("'")) {
        above.children.push_back(with_children(Node::Kind::prime, {}));
      } else if (take("_")) {
        once(has_below, at, "subscripts");
        below = argument(at, "_");
      } else if (take("^")) {
        once(has_above, at, "superscripts");
        Node more = argument(at, "^");
        above.children.insert(above.children.end(), more.children.begin(), more.children.end());
      } else {
        break;
      }
    }
    if (is_none(below) && is_none(above)) {
      return bare ? with_children(Node::Kind::list, {}) : nucleus;
    }
    if (nucleus.kind == Node::Kind::space) {
      fail(begin, "a script on a space");
    }
    const Atom atom = nucleus.atom;
    return with_children(Node::Kind::scripts, {std::move(nucleus), std::move(below), std::move(above)}, atom);
  }

  void once(bool& seen, std::size_t at, std::string_view what) const {
    if (seen) {
      fail(at, fmt::format("two {} on one thing", what), "put them into one pair of braces: x_{i,j}");
    }
    seen = true;
  }

  // One thing without scripts.
  Node thing() {
    const std::size_t begin = at_;
    const char c = now();
    if (c == '{') {
      return group();
    }
    if (c == '\\') {
      return command();
    }
    if (c == '~') {
      ++at_;
      return space(find(spaces(), " ")->em);
    }
    if (is_digit(c)) {
      while (!at_end() && (is_digit(now()) || (now() == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))) {
        ++at_;
      }
      return glyphs(text_.substr(begin, at_ - begin), Atom::ord, Face::regular);
    }
    if (const auto one = character(c)) {
      ++at_;
      return *one;
    }
    return written_out();
  }

  // "≤" for \le.
  Node written_out() {
    const std::size_t begin = at_;
    const std::string_view written = next_character();
    for (const Symbol& symbol : symbols()) {
      if (symbol.text == written && written.size() > 1) {
        return glyphs(symbol.text, symbol.atom, symbol.face);
      }
    }
    fail(begin, fmt::format("'{}' has no meaning in a formula", written),
         written.size() > 1 ? "words go into \\text{...}" : "a sign to be shown is written with a backslash: \\%");
  }

  Node group() {
    const std::size_t begin = at_++;
    if (++depth_ > kDeepest) {
      fail(begin, fmt::format("more than {} groups inside each other", kDeepest));
    }
    Node inside = list();
    if (starts("\\right")) {
      stray();
    }
    if (!take("}")) {
      fail(at_end() ? begin : at_, at_end() ? "'{' without its '}'" : "'&' and '\\\\' stand outside of groups");
    }
    --depth_;
    return inside;
  }

  // What follows a command or a script mark: a group, or one thing. Always a list.
  Node argument(std::size_t of, std::string_view name) {
    skip_spaces();
    if (at_end() || std::string_view("}&_^'").find(now()) != std::string_view::npos || starts("\\\\") ||
        starts("\\right")) {
      fail(of, fmt::format("{} without what belongs to it", name), fmt::format("write {}{{...}}", name));
    }
    if (now() == '{') {
      return group();
    }
    if (is_digit(now())) {
      return with_children(Node::Kind::list, {glyphs(text_.substr(at_++, 1), Atom::ord, Face::regular)});
    }
    const Nested nested(*this, of);
    return with_children(Node::Kind::list, {thing()});
  }

  // \frac\frac\frac...: as deep as braces may be.
  struct Nested {
    Nested(Parser& of, std::size_t at) : parser(of) {
      if (++parser.depth_ > kDeepest) {
        parser.fail(at, fmt::format("more than {} groups inside each other", kDeepest));
      }
    }
    ~Nested() { --parser.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    Parser& parser;
  };

  static Node space(float em) {
    Node node;
    node.kind = Node::Kind::space;
    node.space = em;
    return node;
  }

  Node command() {
    const std::size_t begin = at_++;
    const std::string_view name = command_name();
    if (name.empty()) {
      fail(begin, "a backslash at the end");
    }
    if (const Symbol* symbol = find(symbols(), name)) {
      return glyphs(symbol->text, symbol->atom, symbol->face);
    }
    if (const Space* one = find(spaces(), name)) {
      return space(one->em);
    }
    if (const Operator* one = find(operators(), name)) {
      Node node = glyphs(one->text, Atom::op, Face::regular);
      node.kind = one->large ? Node::Kind::large : Node::Kind::glyphs;
      node.limits = one->limits;
      return node;
    }
    return form(begin, name);
  }

  Node form(std::size_t begin, std::string_view name) {
    const std::string full = "\\" + std::string(name);
    if (name == "frac") {
      Node above = argument(begin, full), below = argument(begin, full);
      return with_children(Node::Kind::fraction, {std::move(above), std::move(below)}, Atom::inner);
    }
    if (name == "sqrt") {
      skip_spaces();
      if (starts("[")) {
        fail(at_, "roots other than the square root are not set", "write x^{1/3}");
      }
      return with_children(Node::Kind::root, {argument(begin, full)});
    }
    if (name == "left") {
      return fence(begin);
    }
    if (name == "text" || name == "mathrm" || name == "mathbf") {
      return glyphs(words(begin, full, name == "text"), Atom::ord, name == "mathbf" ? Face::semibold : Face::regular);
    }
    if (name == "tilde" || name == "hat" || name == "bar") {
      Node node = with_children(Node::Kind::accent, {argument(begin, full)});
      node.accent = name == "tilde" ? Accent::tilde : name == "hat" ? Accent::hat : Accent::bar;
      return node;
    }
    return name == "mathbb" ? blackboard_letter(begin) : name == "color" ? mark(begin) : unknown(begin, full);
  }

  [[noreturn]] Node unknown(std::size_t begin, const std::string& full) const {
    const std::string near = sim::nearest(full, commands());
    fail(begin, fmt::format("unknown command {}", full), near.empty() ? "" : fmt::format("did you mean {}?", near));
  }

  Node blackboard_letter(std::size_t begin) {
    const std::string letter = words(begin, "\\mathbb", false);
    const Symbol* symbol = find(blackboard(), letter);
    if (symbol == nullptr) {
      fail(begin, fmt::format("\\mathbb has no '{}'", letter), "known: C, N, R");
    }
    return glyphs(symbol->text, Atom::ord, Face::regular);
  }

  Node mark(std::size_t begin) {
    constexpr std::string_view kFamilyLetters = "QKVSPOm";  // in the order of Family
    const std::string name = words(begin, "\\color", false);
    const std::size_t family = kFamilyLetters.find(name);
    if (name.size() != 1 || family == std::string_view::npos) {
      fail(begin, fmt::format("no tensor is called '{}'", name), "known: Q, K, V, S, P, O, m");
    }
    Node inside = argument(begin, "\\color");
    const Atom atom = inside.children.size() == 1 ? inside.children[0].atom : Atom::ord;
    Node node = with_children(Node::Kind::mark, {std::move(inside)}, atom);
    node.family = static_cast<Family>(family);
    return node;
  }

  std::string delimiter(std::size_t begin, std::string_view after) {
    skip_spaces();
    const std::size_t from = at_;
    if (!at_end() && now() == '\\') {
      ++at_;
      command_name();
    } else if (!at_end()) {
      next_character();
    }
    const std::string_view written = text_.substr(from, at_ - from);
    const Symbol* symbol = find(delimiters(), written);
    if (symbol == nullptr) {
      fail(begin, fmt::format("{} needs a delimiter, not '{}'", after, written),
           "known: ( ) [ ] | \\{ \\} \\lceil \\rceil \\lfloor \\rfloor \\langle \\rangle and . for none");
    }
    return std::string(symbol->text);
  }

  Node fence(std::size_t begin) {
    const Nested nested(*this, begin);
    std::string open = delimiter(begin, "\\left");
    Node body = list();
    if (at_end()) {
      fail(begin, "\\left without its \\right");
    }
    if (!starts("\\right")) {
      fail(at_, fmt::format("'{}' inside of \\left ... \\right", text_.substr(at_, now() == '\\' ? 2 : 1)));
    }
    const std::size_t right = at_;
    take("\\right");
    Node node = with_children(Node::Kind::fence, {std::move(body)}, Atom::inner);
    node.open = std::move(open);
    node.close = delimiter(right, "\\right");
    return node;
  }

  int depth_ = 0;
};

}  // namespace

std::vector<Row> parse(std::string_view latex, const std::string& where) { return Parser(latex, where).rows(); }

}  // namespace draw::formula
