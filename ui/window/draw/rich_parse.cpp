// Rich text: from marks to runs.
#include "ui/window/draw/rich_text.h"
#include "ui/window/draw/utf8.h"

namespace draw {

namespace {

constexpr float kScript = 0.74F, kLower = 0.17F, kRaise = 0.34F;  // of the px of what it is set to

class Parser {
 public:
  Parser(std::string_view text, Face base) : text_(text) { scope_.face = base; }

  std::vector<RichRun> parse() {
    body({});
    return std::move(runs_);
  }

 private:
  struct Scope {
    Face face = Face::regular;
    int script = 0;
    float size = 1, raise = 0;  // of the text's px
    Family family = Family::none;
    int mark = 0;
  };

  static bool family_of(char letter, Family& family) {
    constexpr std::string_view kLetters = "QKVSPOm";
    const auto at = kLetters.find(letter);
    if (at != std::string_view::npos) {
      family = static_cast<Family>(at);
    }
    return at != std::string_view::npos;
  }

  // A single star is not half of a double one.
  bool is(std::string_view what, std::size_t at) const {
    return text_.substr(at, what.size()) == what && !(what == "*" && text_.substr(at, 2) == "**");
  }
  bool starts(std::string_view what) const { return is(what, at_); }
  bool opens(std::string_view what) const {
    const std::size_t next = at_ + what.size();
    return scope_.face != Face::mono && starts(what) && next < text_.size() && text_[next] != ' ' && closes(next, what);
  }

  // Whether `end` comes before the text ends; a backslash hides it. Of brackets, the one that closes this one.
  bool closes(std::size_t from, std::string_view end, char open = '\0') const {
    int depth = 0;
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (end == "*" && text_.substr(i, 2) == "**") {
        ++i;
      } else if (is(end, i) && depth-- == 0) {
        return true;
      } else if (open != '\0' && text_[i] == open) {
        ++depth;
      }
    }
    return false;
  }

  void put(std::string_view character) {
    std::size_t next = 0;
    const bool cjk = is_cjk(next_code_point(character, next));
    // There is no italic of these characters.
    const Face face = cjk && scope_.face == Face::italic ? Face::regular : scope_.face;
    if (runs_.empty() || runs_.back().face != face || runs_.back().raise != scope_.raise ||
        runs_.back().mark != scope_.mark) {
      RichRun& run = runs_.emplace_back();
      run.face = face, run.script = scope_.script, run.family = scope_.family, run.mark = scope_.mark;
      run.size = scope_.size, run.raise = scope_.raise;
    }
    runs_.back().text += character;
  }

  // A mark that begins at at_, with what stands in it; false if none does.
  bool marked() {
    Family family{};
    if (opens("**")) {
      return inside(2, "**", [](Scope& scope) { scope.face = Face::semibold; });
    }
    if (opens("*")) {
      return inside(1, "*", [](Scope& scope) { scope.face = Face::italic; });
    }
    if (starts("`") && closes(at_ + 1, "`")) {
      return inside(1, "`", [](Scope& scope) { scope.face = Face::mono; });
    }
    if ((starts("_{") || starts("^{")) && closes(at_ + 2, "}", '{')) {
      const int script = starts("_{") ? -1 : 1;
      return inside(2, "}", [script](Scope& scope) {
        scope.script = script;
        scope.raise += (script > 0 ? kRaise : -kLower) * scope.size;
        scope.size *= kScript;
      });
    }
    if (starts("[") && at_ + 2 < text_.size() && family_of(text_[at_ + 1], family) && text_[at_ + 2] == ':' &&
        closes(at_ + 3, "]", '[')) {
      const int mark = ++marks_;
      return inside(3, "]", [family, mark](Scope& scope) { scope.family = family, scope.mark = mark; });
    }
    return false;
  }

  template <typename Change>
  bool inside(std::size_t open, std::string_view end, Change change) {
    const Scope before = scope_;
    change(scope_);
    at_ += open;
    body(end);
    at_ += starts(end) ? end.size() : 0;
    scope_ = before;
    return true;
  }

  // Until `end`, or the end of the text. A bracket that opens no mark is closed by its own.
  void body(std::string_view end) {
    int brackets = 0;
    while (at_ < text_.size()) {
      if (!end.empty() && starts(end) && brackets == 0) {
        return;
      }
      if (marked()) {
        continue;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      } else if (end == "]" || end == "}") {
        const char open = end == "]" ? '[' : '{';
        brackets += text_[at_] == open ? 1 : text_[at_] == end[0] ? -1 : 0;
      }
      const std::size_t begin = at_;
      next_code_point(text_, at_);
      put(text_.substr(begin, at_ - begin));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Scope scope_;
  int marks_ = 0;
  std::vector<RichRun> runs_;
};

}  // namespace

std::vector<RichRun> parse_rich(std::string_view markup, Face base) { return Parser(markup, base).parse(); }

std::string plain(std::string_view markup) {
  std::string words;
  for (const RichRun& run : parse_rich(markup)) {
    words += run.text;
  }
  return words;
}

}  // namespace draw
