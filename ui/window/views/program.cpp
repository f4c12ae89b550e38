// The tile program of the running kernel: its own source, the line that runs, copies still in flight.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/scope/statements.h"
#include "ui/window/views/dock_parts.h"
#include "ui/window/views/panels.h"
#include "ui/window/views/program_parts.h"

namespace views {

namespace {

constexpr float kRow = 20, kHead = 44, kPaperHead = 20, kBar = 4, kNumberRight = 40, kCode = 48, kPaper = 24,
                kPadding = 14, kDisc = 4;

class ProgramPanel {
 public:
  ProgramPanel(Context& context, const draw::Rect& area)
      : c_(context),
        ui_(context.ui),
        p_(context.ui.p),
        colors_(context.ui.colors()),
        area_(area),
        file_(scope::source_file(context.frame.trace->kernel->source_file)) {
    const std::vector<sim::Op>& ops = context.frame.trace->trace->ops;
    const int line = context.frame.at.op < ops.size() ? ops[context.frame.at.op].line : 1;
    running_ = context.frame.op != nullptr && !context.frame.at.idle ? line : 0;
    function_ = file_.function_around(line);
    find_loops(line);
    find_lines();
  }

  void draw() {
    p_.fill(area_, colors_.panel);
    draw::Rect rest = area_;
    head(rest);
    rest.h = std::max(0.0F, rest.h - 6);
    lay_out(rest.w);
    const std::string name = c_.prefix + "program";
    follow(name, rest);
    const draw::Rect content = ui_.begin_scroll(name, rest, height());
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      const draw::Rect box{content.x, content.y + static_cast<float>(n) * kRow, content.w, kRow};
      if (box.bottom() > rest.y && box.y < rest.bottom()) {
        row(rows_[n], box);
      }
    }
    ui_.end_scroll();
  }

 private:
  float height() const { return static_cast<float>(rows_.size()) * kRow + 4; }

  // Lines that the block's ops come from, and those whose copies are in flight.
  void find_lines() {
    lines_.assign(file_.lines.size() + 2, false);
    for (const sim::Op& op : c_.frame.trace->trace->ops) {
      lines_[std::min<std::size_t>(op.line, lines_.size() - 1)] = true;
    }
    first_j_ = last_j_ = c_.frame.iteration;
    for (const std::int32_t j : c_.frame.trace->iteration_of) {
      first_j_ = j >= 0 ? std::min(first_j_, j) : first_j_;
      last_j_ = std::max(last_j_, j);
    }
    for (const scope::Flight& flight : c_.frame.flights) {
      if (flight.tile != nullptr && !flight.store) {
        const int line = c_.frame.trace->trace->ops[flight.tile->made_op].line;
        in_flight_[line] = flight.tile->family;
      }
    }
  }

  // First lines of the loops around the line that runs.
  void find_loops(int line) {
    const scope::Statements& statements = scope::statements_of(file_.path);
    for (auto loop = statements.loop_of(line); loop.first > 0 && loop.first <= line; loop = statements.loop_of(line)) {
      loops_.push_back(loop.first);
      line = loop.first - 1;
    }
  }

  void head(draw::Rect& rest) {
    const float y = rest.y + 24;
    const draw::Rect title = text_at(p_, {rest.x + kPadding, y}, ui_.words("program.title"), kTitleBold, colors_.ink);
    const float room = rest.right() - kPadding - title.right() - 16;
    const std::string& path = file_.path;
    for (const std::string& words : {path, path.substr(path.rfind('/') + 1)}) {
      if (p_.width_of(words, kSmall) <= room) {
        text_at(p_, {rest.right() - kPadding, y}, words, kSmall, colors_.ink2, draw::Align::right);
        break;
      }
    }
    rest.cut_top(kHead);
    const std::string paper = escaped(ui_.strings.format("program.paper", {{"paper", paper_of(c_.run)}}));
    const bool own = c_.frame.trace->kernel->source_text == nullptr;  // whose margin has the paper's lines
    if (own && rest.h > 240 && draw::rich_width(paper, kSmall, p_.scale()) <= rest.w - 2 * kPadding) {
      rich_at(p_, {rest.right() - kPadding, rest.y + 6}, paper, kSmall, colors_.ink2, draw::Align::right);
      rest.cut_top(kPaperHead);
    }
  }

  // 15 px if every line that runs fits, else 13.
  void lay_out(float width) {
    const float room = std::max(80.0F, width - kCode - kPaper - kPadding);
    const auto columns = [&](const draw::TextStyle& style) {
      return static_cast<std::size_t>(room / p_.width_of("0", style));
    };
    style_ = kDenseMono;
    for (int line = function_.first; line <= function_.second; ++line) {
      if (lines_[static_cast<std::size_t>(line)] && code_without_number(file_, line).size() > columns(kDenseMono)) {
        style_ = kSmallMono;
      }
    }
    names_ = names_in(c_.run, file_, function_);
    rows_ = code_rows(file_, function_, columns(style_), names_);
    add_counters(columns(style_));
  }

  // A counter that finds no room behind its loop gets a row of its own below it.
  void add_counters(std::size_t columns) {
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      const CodeRow& row = rows_[n];
      const std::string counter = row.last ? counter_words(row.line) : "";
      if (counter.empty()) {
        continue;
      }
      const float chars = (draw::rich_width(counter, kSmall, p_.scale()) + 30) / p_.width_of("0", style_);
      if (row.indent + row.text.size() + static_cast<std::size_t>(chars) > columns) {
        CodeRow extra{row.line, false, true, row.indent + 4, "", {}};
        rows_[n].last = false;
        rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(n) + 1, extra);
        ++n;
      }
    }
  }

  std::string counter_words(int line) const {
    const std::string name = counter_in(code_without_number(file_, line));
    if (name.empty() || c_.frame.at.idle) {
      return {};
    }
    const bool loop = code_without_number(file_, line).find("for (") != std::string::npos;
    if (loop && std::find(loops_.begin(), loops_.end(), line) == loops_.end()) {
      return {};
    }
    if (name == "j" && c_.frame.iteration >= 0) {
      return counted(name, c_.frame.iteration, first_j_, last_j_);
    }
    if (name != "i") {
      return {};
    }
    std::int32_t last = 0;
    for (const scope::TileInfo& tile : c_.frame.trace->tiles) {
      last = std::max(last, tile.i);
    }
    const std::int32_t i = row_block();
    return i < 0  ? ""
           : loop ? counted(name, i, 0, last)
                  : ui_.strings.format("program.counter_one", {{"name", name}, {"at", std::to_string(i)}});
  }
  std::string counted(const std::string& name, std::int32_t at, std::int32_t first, std::int32_t last) const {
    return ui_.strings.format("program.counter", {{"name", name},
                                                  {"at", scope::count_text(at)},
                                                  {"first", scope::count_text(first)},
                                                  {"last", scope::count_text(last)}});
  }
  // i of what the op at work works on.
  std::int32_t row_block() const {
    if (c_.frame.op == nullptr) {
      return -1;
    }
    for (const sim::TileId id : {c_.frame.op->dst, c_.frame.op->a}) {
      const scope::TileInfo* tile = id != 0 ? c_.frame.trace->tile(id) : nullptr;
      if (tile != nullptr && tile->i >= 0) {
        return tile->i;
      }
    }
    for (const scope::OnChip& on_chip : c_.frame.tiles) {
      if (on_chip.tile->i >= 0) {
        return on_chip.tile->i;
      }
    }
    return -1;
  }

  // The running line is kept in view, until the user scrolls away; when it comes into view again, so it is once more.
  void follow(const std::string& name, const draw::Rect& box) {
    auto& kept = ui_.state.scroll;
    float& offset = kept[name];
    const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const CodeRow& r) { return r.line == running_; });
    const std::string seen = name + ".followed", shape = name + ".shape";
    const float most = std::max(0.0F, height() - box.h);
    const float now_shape = box.h * 4096 + height() + static_cast<float>(function_.first) * 0.001F;
    if (at != rows_.end()) {
      const float y = static_cast<float>(at - rows_.begin()) * kRow;
      const bool in_view = y >= offset && y + kRow <= offset + box.h;
      const bool untouched = kept.count(seen) == 0 || kept[seen] == offset || kept[shape] != now_shape;
      if (!in_view && untouched) {
        offset = std::clamp(y - box.h * 0.4F, 0.0F, most);
        offset = std::round(offset / kRow) * kRow;
      }
      if (in_view || untouched) {
        kept[seen] = std::min(offset, most);
      }
    }
    kept[shape] = now_shape;
  }

  void row(const CodeRow& row, const draw::Rect& box) {
    const bool runs = row.line == running_;
    const draw::Rect gutter{box.x, box.y, kCode - 4, box.h}, code{box.x + kCode - 4, box.y, box.w - kCode + 4, box.h};
    const std::string line = std::to_string(row.line) + (row.first ? "" : fmt::format(".{}", row_number(row)));
    const bool reacts = lines_[static_cast<std::size_t>(row.line)];
    const draw::Ui::Touch at_code = ui_.touch(c_.prefix + "program.line." + line, code);
    const draw::Ui::Touch at_gutter = ui_.touch(c_.prefix + "program.gutter." + line, gutter);
    if (runs || (reacts && at_code.hovered)) {
      p_.fill(box, colors_.raised);
    }
    marks(row, box, runs);
    if (row.first) {
      numbers(row, box, runs);
    }
    text(row, box, runs);
    use(row.line, at_code, at_gutter, reacts);
  }

  std::size_t row_number(const CodeRow& row) const {
    const auto first = std::find_if(rows_.begin(), rows_.end(), [&](const CodeRow& r) { return r.line == row.line; });
    return static_cast<std::size_t>(&row - &*first);
  }

  void marks(const CodeRow& row, const draw::Rect& box, bool runs) {
    if (runs) {
      p_.fill({box.x, box.y, kBar, box.h}, colors_.ink);
    }
    const auto flight = in_flight_.find(row.line);
    if (flight != in_flight_.end() && row.first) {
      for (int dash = 0; dash < 3; ++dash) {
        const float y = box.y + 2 + static_cast<float>(dash) * 6;
        p_.fill({box.x + (runs ? kBar + 2 : 0), y, kBar, 4}, colors_.of(flight->second).line);
      }
    }
    if (row.first && breakpoint(row.line) != c_.view.breakpoints.end()) {
      p_.disc({box.x + 13, box.center().y}, kDisc, colors_.ink);
    }
  }

  void numbers(const CodeRow& row, const draw::Rect& box, bool runs) {
    text_at(p_, {box.x + kNumberRight, box.center().y}, std::to_string(row.line), kSmallMono,
            runs ? colors_.ink : colors_.ink3, draw::Align::right);
    if (const auto paper = file_.paper_line(row.line)) {
      text_at(p_, {box.right() - kPadding + (box.w < area_.w ? 4 : 0), box.center().y}, std::to_string(*paper),
              kSmallMono, runs ? colors_.ink : colors_.ink3, draw::Align::right);
    }
  }

  void text(const CodeRow& row, const draw::Rect& box, bool runs) {
    const float letter = p_.width_of("0", style_), top = box.center().y - draw::line_height(style_) / 2;
    const float left = box.x + kCode + static_cast<float>(row.indent) * letter;
    for (const CodePiece& piece : row.pieces) {
      const std::string_view words = std::string_view(row.text).substr(piece.begin, piece.end - piece.begin);
      if (words.find_first_not_of(' ') == std::string_view::npos) {
        continue;
      }
      const draw::Color color = piece.kind == CodePiece::Kind::comment          ? colors_.ink3
                                : piece.kind == CodePiece::Kind::quiet && !runs ? colors_.ink2
                                                                                : colors_.ink;
      const float x = left + p_.width_of(std::string_view(row.text).substr(0, piece.begin), style_);
      if (piece.family != scope::Family::none) {
        const float y = box.bottom() - 2;
        p_.line({x, y}, {x + p_.width_of(words, style_), y}, colors_.of(piece.family).line, 2);
      }
      p_.text({x, top}, words, style_, color);
    }
    const std::string counter = row.last ? counter_words(row.line) : "";
    if (!counter.empty()) {
      const float x = left + p_.width_of(row.text, style_) + (row.text.empty() ? 0 : 14);
      const float w = draw::rich_width(counter, kSmall, p_.scale());
      p_.frame({x, box.y + 1, w + 12, box.h - 2}, colors_.edge, 1, 3);
      rich_at(p_, {x + 6, box.center().y}, counter, kSmall, colors_.ink);
    }
  }

  std::vector<scope::Breakpoint>::iterator breakpoint(int line) {
    return std::find_if(c_.view.breakpoints.begin(), c_.view.breakpoints.end(), [&](const scope::Breakpoint& b) {
      return b.kind == scope::BreakKind::line && b.line == line && b.file == file_.path;
    });
  }

  void use(int line, const draw::Ui::Touch& code, const draw::Ui::Touch& gutter, bool reacts) {
    if (reacts && code.hovered) {
      hover_line(c_, file_, line);
    } else if (reacts && gutter.hovered) {
      ui_.tooltip(ui_.words("program.breakpoint"));
    }
    if (reacts && (code.pressed || code.right_pressed)) {
      run_to(line, code.right_pressed || ui_.state.pointer.shift ? -1 : 1);
    }
    if (reacts && gutter.double_clicked) {
      if (const auto at = breakpoint(line); at != c_.view.breakpoints.end()) {
        c_.view.breakpoints.erase(at);
      } else {
        scope::Breakpoint added;
        added.kind = scope::BreakKind::line;
        added.file = file_.path;
        added.line = line;
        c_.view.breakpoints.push_back(added);
      }
    }
  }

  // Where the line does not run again that way, the nearest time that it did.
  void run_to(int line, int direction) {
    auto to = scope::run_to_line(c_.run, c_.view.cursor, file_.path, line, direction);
    if (!to) {
      to = scope::run_to_line(c_.run, c_.view.cursor, file_.path, line, -direction);
    }
    if (to) {
      c_.view.cursor = *to;
      c_.view.playing = false;
    }
  }

  Context& c_;
  draw::Ui& ui_;
  draw::Painter& p_;
  const draw::Palette& colors_;
  draw::Rect area_;
  const scope::SourceFile& file_;
  int running_ = 0;
  std::pair<int, int> function_;
  std::vector<int> loops_;
  std::vector<bool> lines_;  ///< by number: do ops of the block come from it?
  std::int32_t first_j_ = -1, last_j_ = -1;
  std::map<int, scope::Family> in_flight_;
  FamilyOfName names_;
  std::vector<CodeRow> rows_;
  draw::TextStyle style_;
};

}  // namespace

void program_panel(Context& context, const draw::Rect& area) { ProgramPanel(context, area).draw(); }

}  // namespace views
