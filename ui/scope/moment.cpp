#include "ui/scope/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "sim/base/error.h"
#include "sim/base/suggest.h"
#include "sim/base/toml_text.h"
#include "ui/scope/moves.h"
#include "ui/scope/place_blocks.h"

namespace scope {

namespace {

constexpr const char* kForms = "write start, middle, end, 40%, op63, 7.3us, 2ms, paper 8 #2 or break max_rose #1";
constexpr int kTimesMax = 10'000;

/// A moment as it was written, and what messages call it.
struct Written {
  std::string text, where;

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw sim::Error(where, fmt::format("'{}' {}", sim::printable(text), what), hint);
  }
  double number(std::string_view part) const {
    double value = 0;
    const auto [stop, fault] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || fault != std::errc() || stop != part.data() + part.size() || !std::isfinite(value)) {
      fail("is no moment", kForms);
    }
    return value;
  }
  int whole(std::string_view part) const {
    int value = 0;
    const auto [stop, fault] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (fault != std::errc() || stop != part.data() + part.size() || value < 1 || value > kTimesMax) {
      fail("is no moment", kForms);
    }
    return value;
  }
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) {
      words.push_back(text.substr(at, end - at));
    }
    at = end + 1;
  }
  return words;
}

/// "#2" is 2; nothing is 1.
int times_in(const Written& written, const std::vector<std::string>& words) {
  if (words.size() == 2) {
    return 1;
  }
  if (words.size() != 3 || words[2][0] != '#') {
    written.fail("is no moment", kForms);
  }
  return written.whole(std::string_view(words[2]).substr(1));
}

/// Visits to the margin's lines, in order: ops that follow each other, of one line and one K/V tile.
class Visits {
 public:
  explicit Visits(int line) : line_(line) {}

  void feed(const Run& run, BlockRef ref) {
    const BlockTimes clock(run, ref);
    const TraceIndex& trace = clock.trace();
    const SourceFile& file = source_file(trace.kernel->source_file);
    std::int32_t iteration = -1;
    bool inside = false;
    for (const std::uint32_t op : trace.real_ops) {
      const std::optional<int> at = file.paper_line(clock.op(op).line);
      if (at) {
        seen_.insert(*at);
      }
      if (at != line_) {
        inside = false;
        continue;
      }
      if (!inside || trace.iteration_of[op] != iteration) {
        ends_.push_back(0);
      }
      ends_.back() = clock.done_us(op);
      iteration = trace.iteration_of[op];
      inside = true;
    }
  }

  const std::vector<double>& ends() const { return ends_; }
  const std::set<int>& lines_seen() const { return seen_; }

 private:
  int line_;
  std::vector<double> ends_;
  std::set<int> seen_;
};

double paper_moment(const Run& run, Place place, const Written& written, const std::vector<std::string>& words) {
  const int line = written.whole(words[1]), times = times_in(written, words);
  Visits visits(line);
  for (const BlockRef& ref : blocks_at(run, place)) {
    if (static_cast<int>(visits.ends().size()) >= times) {
      break;
    }
    visits.feed(run, ref);
  }
  const auto count = static_cast<int>(visits.ends().size());
  if (count == 0) {
    written.fail(fmt::format("does not happen: no op of line {} runs on SM {}", line, place.sm),
                 fmt::format("lines with ops there: {}", fmt::join(visits.lines_seen(), ", ")));
  }
  if (count < times) {
    written.fail(
        fmt::format("does not happen: line {} runs {} time{} on SM {}", line, count, count == 1 ? "" : "s", place.sm));
  }
  return visits.ends()[static_cast<std::size_t>(times) - 1];
}

BreakKind kind_of(const Written& written, const std::string& name) {
  std::vector<std::string> names;
  // The others need a number or a line beside their name.
  for (const BreakKind kind : {BreakKind::max_rose, BreakKind::alpha_below_1, BreakKind::masked_tile,
                               BreakKind::smem_full, BreakKind::scores_in_hbm}) {
    names.emplace_back(name_of(kind));
    if (names.back() == name) {
      return kind;
    }
  }
  written.fail(fmt::format("is no moment: there is no breakpoint '{}'", sim::printable(name)),
               sim::suggestion(name, names));
}

double break_moment(const Run& run, Place place, const Written& written, const std::vector<std::string>& words) {
  Breakpoint breakpoint;
  breakpoint.kind = kind_of(written, words[1]);
  const int times = times_in(written, words);
  Cursor cursor{-1, place};  // before the first op
  for (int n = 0; n < times; ++n) {
    const std::optional<Hit> hit = run_to(run, cursor, {breakpoint}, 1);
    if (!hit) {
      written.fail(
          fmt::format("does not happen: {} holds {} time{} on SM {}", words[1], n, n == 1 ? "" : "s", place.sm));
    }
    cursor = hit->cursor;
  }
  return cursor.t_us;
}

double plain_moment(const Run& run, Place place, const Written& written) {
  const std::string_view text = written.text;
  if (text == "start" || text == "middle" || text == "end") {
    return text == "start" ? 0 : text == "end" ? run.end_us() : run.end_us() / 2;
  }
  if (ends_with(text, "%")) {
    return run.end_us() * written.number(text.substr(0, text.size() - 1)) / 100;
  }
  if (text.substr(0, 2) == "op") {
    return run.time_of(place, std::clamp(written.number(text.substr(2)), 0.0, run.positions(place)));
  }
  if (ends_with(text, "ms") || ends_with(text, "us")) {
    return written.number(text.substr(0, text.size() - 2)) * (ends_with(text, "ms") ? 1e3 : 1);
  }
  written.fail("is no moment", kForms);
}

}  // namespace

double moment_of(const Run& run, Place place, const std::string& text, const std::string& where) {
  const Written written{text, where};
  const std::vector<std::string> words = words_of(text);
  if (words.size() >= 2 && words[0] == "paper") {
    return paper_moment(run, place, written, words);
  }
  if (words.size() >= 2 && words[0] == "break") {
    return break_moment(run, place, written, words);
  }
  const double t_us = plain_moment(run, place, written);
  if (!(t_us >= 0 && t_us <= run.end_us() * (1 + 1e-9))) {
    written.fail("is outside the run", fmt::format("the run lasts {:.4g} us", run.end_us()));
  }
  return std::min(t_us, run.end_us());
}

}  // namespace scope
