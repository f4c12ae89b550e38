// A step's page: its words in one language with numbers put in, its question judged.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ui/scope/facts.h"
#include "ui/scope/frame.h"
#include "ui/window/app/lesson_player.h"

namespace app {

namespace {

using views::LessonPage;
using Kind = lessons::Question::Kind;

std::vector<std::string> paragraphs_of(const std::string& text) {
  std::vector<std::string> all(1);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      all.back().empty() ? void() : void(all.emplace_back());
    } else {
      // Chinese lines follow each other without a space.
      const bool joined = !all.back().empty() && (static_cast<unsigned char>(all.back().back()) < 0x80 ||
                                                  static_cast<unsigned char>(line.front()) < 0x80);
      all.back() += (joined ? " " : "") + line;
    }
    at = end + 1;
  }
  if (all.back().empty()) {
    all.pop_back();
  }
  return all;
}

/// What a student typed: digits with or without commas and blanks.
std::optional<double> number_in(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == ',' || c == '_'; });
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() && std::isfinite(value)
             ? std::optional(value)
             : std::nullopt;
}

class Builder {
 public:
  Builder(LessonPlayer& player, const scope::Strings& strings, const scope::Run* run, bool numbered)
      : player_(player), strings_(strings), run_(run), numbered_(numbered), step_(player.current()) {
    if (run_ != nullptr) {
      lookup_ = player_.runs().lookup(step_, *run_, player_.moment);
    } else {
      lookup_ = [](const std::string&, const std::string&) -> lessons::Quantity { throw NotReady{}; };
    }
  }

  LessonPage make() {
    const lessons::Lesson& lesson = *player_.lesson();
    page_.number = lesson.number;
    page_.step = player_.step();
    page_.lesson_title = in_language(lesson.title);
    page_.title = put(step_.title);
    page_.caption = put(step_.caption);
    page_.formula = step_.formula;
    for (const std::string& paragraph : paragraphs_of(in_language(step_.text))) {
      page_.paragraphs.push_back(put(paragraph));
    }
    if (numbers_ > 0) {
      page_.badge = modelled_ ? draw::Badge::modelled : draw::Badge::exact;
    }
    problem(player_.problem);
    if (const sim::Error* error = player_.runs().failure(step_.scenario)) {
      problem(error->what());
    }
    for (const lessons::Step& step : lesson.steps) {
      page_.steps.push_back({in_language(step.title), player_.done(lesson.id, step.id)});
    }
    page_.contents = player_.contents;
    if (step_.question) {
      question(*step_.question);
    }
    if (run_ != nullptr) {
      point();
    }
    return std::move(page_);
  }

 private:
  const std::string& in_language(const lessons::Words& words) const {
    return strings_.language() == scope::Language::zh ? words.zh : words.en;
  }
  void problem(const std::string& what) {
    if (!what.empty() && std::find(page_.problems.begin(), page_.problems.end(), what) == page_.problems.end()) {
      page_.problems.push_back(what);
    }
  }
  std::string put(const std::string& words) {
    const Filled filled = fill(words, lookup_);
    numbers_ += filled.ready && filled.problem.empty() ? filled.numbers : 0;
    modelled_ = modelled_ || filled.modelled;
    problem(filled.problem);
    return filled.words;
  }
  std::string put(const lessons::Words& words) { return put(in_language(words)); }

  void question(const lessons::Question& from) {
    LessonPage::Question& q = page_.question.emplace();
    const LessonAnswer* answer = player_.answered();
    q.kind = from.kind;
    q.ask = put(from.ask);
    q.unit = from.unit;
    if (answer != nullptr) {
      q.typed = from.kind == Kind::number ? answer->text : "";
      q.chosen = answer->choice;
      q.clicked = from.kind == Kind::click ? called(answer->text) : "";
      q.confidence = answer->confidence;
      q.revealed = answer->revealed;
    }
    try {
      judge(from, q);
    } catch (const NotReady&) {
      q.ready = false;
    } catch (const sim::Error& error) {
      q.problem = error.what();
      q.ready = false;
    }
    q.revealed = q.revealed && q.ready;
    if (q.revealed) {
      q.explain = put(from.explain);
    } else {
      for (LessonPage::Question::Choice& choice : q.choices) {
        choice.right = false;
      }
      q.verdict = LessonPage::Question::Verdict::none;
      q.answer.clear();
    }
  }

  /// An object as rich text, underlined in its tensor's colour.
  static std::string called(const std::string& object) {
    const std::string symbol = scope::plain_symbol(object);
    const scope::Family family = scope::family_of(symbol);
    constexpr char kLetters[] = "QKVSPOm ";
    const char letter = kLetters[static_cast<std::size_t>(family)];
    return object.empty() || letter == ' ' ? object : fmt::format("[{}:{}]", letter, symbol);
  }

  void judge(const lessons::Question& from, LessonPage::Question& q) {
    using V = LessonPage::Question::Verdict;
    const auto verdict = [&](bool given, bool right) {
      q.verdict = !given ? V::none : right ? V::right : V::not_quite;
    };
    if (from.kind == Kind::click) {
      const std::string object = scope::plain_symbol(from.object);
      q.answer = called(from.object);
      const LessonAnswer* answer = player_.answered();
      verdict(!q.clicked.empty(), answer != nullptr && scope::plain_symbol(answer->text) == object);
      return;
    }
    choices(from, q);
    const lessons::Quantity answer = lessons::evaluate(from.answer, lookup_, "answer");
    q.badge = answer.badge == lessons::Badge::exact ? draw::Badge::exact : draw::Badge::modelled;
    if (from.kind == Kind::number) {
      q.answer = shown(from, answer.value);
      const std::optional<double> typed = number_in(q.typed);
      const double given = typed.value_or(0) * from.unit_size;
      const double off = std::abs(given - answer.value), allowed = from.tolerance * std::abs(answer.value);
      verdict(!q.typed.empty(), typed && (off <= allowed || lessons::same_value(given, answer.value)));
      return;
    }
    for (std::size_t n = 0; n < q.choices.size(); ++n) {
      const double value = lessons::evaluate(from.choices[n].value, lookup_, "choices").value;
      q.choices[n].right = lessons::same_value(value, answer.value);
    }
    const bool given = q.chosen >= 0 && q.chosen < static_cast<int>(q.choices.size());
    verdict(given, given && q.choices[static_cast<std::size_t>(q.chosen)].right);
    q.badge = std::any_of(from.choices.begin(), from.choices.end(), [](const auto& c) { return c.words.empty(); })
                  ? q.badge
                  : std::nullopt;
  }

  // The answer as the lesson formats it; in the unit of the field where it has no format of its own.
  std::string shown(const lessons::Question& from, double value) const {
    const double in_unit = value / from.unit_size;
    const std::string plain = lessons::formatted(from.format.empty() ? in_unit : value, from.format, "format");
    const bool bare = from.format.empty() || ((from.format == "int" || from.format == "sig3") && from.unit_size == 1);
    return bare && !from.unit.empty() ? plain + " " + from.unit : plain;
  }

  void choices(const lessons::Question& from, LessonPage::Question& q) {
    for (const lessons::Question::Choice& choice : from.choices) {
      const bool value = choice.words.empty();
      LessonPage::Question::Choice out{value ? "…" : put(choice.words), value, false};
      if (value) {
        try {
          out.words =
              lessons::formatted(lessons::evaluate(choice.value, lookup_, "choices").value, from.format, "format");
        } catch (const NotReady&) {
          q.ready = false;
        }
      }
      q.choices.push_back(std::move(out));
    }
  }

  // ---- What words mean on the stage ----
  void point() {
    const scope::Frame frame = scope::frame_at(*run_, player_.moment);
    int number = 0;
    for (std::string& paragraph : page_.paragraphs) {
      point_in(paragraph, frame, number);
    }
    for (const std::string& name : step_.highlight) {
      const std::string object = views::object_of(name, scope::Family::none, *run_, frame);
      if (!object.empty()) {
        pointed(object).lit = true;
      }
    }
  }

  views::Pointed& pointed(const std::string& object) {
    for (views::Pointed& known : page_.pointed) {
      if (known.name == object) {
        return known;
      }
    }
    return page_.pointed.emplace_back(views::Pointed{object, 0, false});
  }

  // Numbers in rings stand before the first word of their object; statistics are too narrow for one.
  void point_in(std::string& paragraph, const scope::Frame& frame, int& number) {
    constexpr int kRings = 9;
    std::string out;
    std::size_t from = 0;
    for (const Marked& mark : marks_in(paragraph)) {
      const std::string object = views::object_of(mark.words, mark.family, *run_, frame);
      page_.marks.push_back({mark.words, mark.family, object});
      out += paragraph.substr(from, mark.begin - from);
      from = mark.begin;
      if (object.empty()) {
        continue;
      }
      views::Pointed& known = pointed(object);
      if (numbered_ && known.number == 0 && number < kRings && mark.family != scope::Family::statistic) {
        known.number = ++number;
        out += ring(number);
      }
    }
    paragraph = out + paragraph.substr(from);
  }

  static std::string ring(int number) {
    constexpr std::array kRings = {"①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"};
    return fmt::format("`{}`", kRings[static_cast<std::size_t>(number - 1)]);  // a run of its own: the panel draws it
  }

  struct Marked {
    std::size_t begin = 0;
    std::string words;  ///< as rich text's runs have them
    scope::Family family = scope::Family::none;
  };
  // "[K:...]", as rich text reads it: words of the same mark, where the bracket begins.
  static std::vector<Marked> marks_in(const std::string& markup) {
    std::vector<Marked> all;
    int mark = 0;
    std::size_t from = 0;
    for (const draw::RichRun& run : draw::parse_rich(markup)) {
      if (run.mark == 0 || run.family == scope::Family::none) {
        continue;
      }
      if (run.mark != mark) {
        const char opening[] = {'[', "QKVSPOm"[static_cast<std::size_t>(run.family)], ':', 0};
        from = std::min(markup.find(opening, from), markup.size());
        all.push_back({from, "", run.family});
        from = std::min(from + 1, markup.size());
      }
      mark = run.mark;
      all.back().words += run.text;
    }
    return all;
  }

  LessonPlayer& player_;
  const scope::Strings& strings_;
  const scope::Run* run_;
  bool numbered_;
  const lessons::Step& step_;
  lessons::Lookup lookup_;
  LessonPage page_;
  int numbers_ = 0;
  bool modelled_ = false;
};

}  // namespace

LessonPage lesson_page(LessonPlayer& player, const scope::Strings& strings, const scope::Run* run, bool numbered) {
  return Builder(player, strings, run, numbered).make();
}

}  // namespace app
