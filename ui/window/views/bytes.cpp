// Bytes of every tensor across every boundary, at the end of the run and so far, beside their closed forms.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/scope/cells.h"
#include "ui/window/views/dock.h"
#include "ui/window/views/dock_parts.h"

namespace views {

namespace {

constexpr float kPadding = 16, kColumnGap = 26, kBadgeWidth = 92, kBadgeOnly = 30, kSwatch = 13;
constexpr float kFormulaLeast = 220;
constexpr std::string_view kNotApplicable = "\xC2\xB7";

struct Column {
  std::string name;
  draw::Family family = draw::Family::none;
  std::optional<sim::TensorId> tensor;  ///< none: a matrix that is never in memory
  sim::TensorRole role = sim::TensorRole::scratch;
  std::int64_t total = 0;
  float left = 0, right = 0;
};

// What a column says about itself in a row.
struct Number {
  std::int64_t so_far = 0, end = 0;
  bool applies = true;
};

class BytesTable {
 public:
  BytesTable(Context& context, const draw::Rect& area)
      : context_(context),
        p_(context.ui.p),
        c_(context.ui.colors()),
        area_(area.inset(kPadding, 4)),
        rows_(scope::bytes_table(context.run, context.frame)) {
    row_height_ =
        std::clamp((area_.h - kHeader - 4) / static_cast<float>(std::max<std::size_t>(1, rows_.size())), 26.0F, 44.0F);
    columns();
    fit();
  }

  void draw() {
    p_.fill({area_.x - kPadding, area_.y - 4, area_.w + 2 * kPadding, area_.h + 8}, c_.panel);
    const float height = kHeader + 4 + row_height_ * static_cast<float>(rows_.size());
    const draw::Rect at = context_.ui.begin_scroll(context_.prefix + "bytes", area_, height);
    const float y = at.y;
    header(y);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      row(rows_[r], y + kHeader + 4 + row_height_ * static_cast<float>(r), r);
    }
    context_.ui.end_scroll();
  }

 private:
  static constexpr float kHeader = 30;
  std::string_view say(std::string_view key) const { return context_.ui.words(key); }

  void columns() {
    for (const scope::MatrixInfo& matrix : scope::matrices(context_.run)) {
      Column column{matrix.name, matrix.family, matrix.tensor};
      if (matrix.tensor) {
        column.role = context_.run.plan().tensors[*matrix.tensor].role;
        for (const scope::BytesRow& row : rows_) {
          column.total += row.end[*matrix.tensor];
        }
      }
      columns_.push_back(std::move(column));
    }
    all_.name = std::string(say("dock.bytes.all"));
  }

  static std::string key_of(const scope::BytesRow& row) {
    return fmt::format("dock.bytes.{}_{}", row.boundary == scope::Boundary::smem ? "smem" : "dram",
                       row.write ? "write" : "read");
  }

  static Number number(const scope::BytesRow& row, const Column& column) {
    if (!column.tensor) {
      return {};
    }
    const Number n{row.so_far[*column.tensor], row.end[*column.tensor]};
    const bool other_way = row.write ? column.role == sim::TensorRole::input : column.role == sim::TensorRole::output;
    return {n.so_far, n.end, n.end != 0 || !other_way};
  }

  float width_of(const Column& column) const {
    float widest = p_.width_of(column.name, kDenseBold) + kSwatch + 6;
    for (const scope::BytesRow& row : rows_) {
      widest = std::max(widest, p_.width_of(scope::count_text(number(row, column).end), kDenseMono));
    }
    return widest;
  }

  // Columns that find no room go, those with the fewest bytes first: their numbers are on the card behind "All".
  void fit() {
    float labels = p_.width_of(say("dock.bytes.title"), kSmall);
    float all = p_.width_of(all_.name, kDenseBold);
    for (const scope::BytesRow& row : rows_) {
      labels = std::max(labels, p_.width_of(say(key_of(row)), kDense));
      all = std::max(all, p_.width_of(scope::count_text(row.total_end), kDenseMono));
    }
    std::vector<float> widths;
    float wanted = labels + kColumnGap + all + kBadgeOnly;
    for (const Column& column : columns_) {
      widths.push_back(width_of(column) + kColumnGap);
      wanted += widths.back();
    }
    while (wanted > area_.w && columns_.size() > 1) {
      const auto least = std::min_element(columns_.begin(), columns_.end(),
                                          [](const Column& a, const Column& b) { return a.total < b.total; });
      const std::ptrdiff_t i = least - columns_.begin();
      wanted -= widths[static_cast<std::size_t>(i)];
      widths.erase(widths.begin() + i);
      columns_.erase(least);
    }
    place(labels, all, widths, area_.w - wanted);
  }

  void place(float labels, float all, const std::vector<float>& widths, float left_over) {
    badge_words_ = left_over >= kBadgeWidth - kBadgeOnly;
    left_over -= badge_words_ ? kBadgeWidth - kBadgeOnly : 0;
    const bool formulas = left_over >= kFormulaLeast;
    const float numbers = static_cast<float>(widths.size() + 1);
    const float extra = std::clamp((left_over - (formulas ? 760.0F : 0)) / numbers, 0.0F, 18.0F);
    float x = area_.x + labels;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].left = x + kColumnGap;
      columns_[i].right = x = x + widths[i] + extra;
    }
    all_.left = x + kColumnGap;
    all_.right = x = x + kColumnGap + all + extra;
    badge_ = x + 14;
    formula_ = {badge_ + (badge_words_ ? kBadgeWidth : kBadgeOnly), 0, 0, 0};
    formula_.w = formulas ? area_.right() - formula_.x : 0;
  }

  void header(float top) {
    const float y = top + kHeader / 2;
    text_at(p_, {area_.x, y}, say("dock.bytes.title"), kSmall, c_.ink2);
    for (const Column& column : columns_) {
      const float w = p_.width_of(column.name, kDenseBold);
      const draw::Rect box{column.right - w - kSwatch - 6, y - kSwatch / 2, kSwatch, kSwatch};
      p_.fill(box, c_.of(column.family).fill);
      text_at(p_, {column.right, y}, column.name, kDenseBold, c_.ink, draw::Align::right);
    }
    text_at(p_, {all_.right, y}, all_.name, kDenseBold, c_.ink, draw::Align::right);
    const std::string_view csv = say("dock.csv");
    const float w = p_.width_of(csv, kSmall) + 28;
    if (formula_.w > 0) {
      text_at(p_, {formula_.x, y}, say("dock.bytes.closed_form"), kDenseBold, c_.ink);
    }
    if (area_.right() - w - all_.right >= 12) {
      if (context_.ui.button(context_.prefix + "bytes.csv", {area_.right() - w, top + 2, w, kHeader - 6}, csv,
                             say("dock.csv_tip"))) {
        context_.actions.csv = scope::csv_bytes(context_.run, context_.frame);
      }
    }
    p_.line({area_.x, top + kHeader}, {area_.right(), top + kHeader}, c_.hair);
  }

  void row(const scope::BytesRow& row, float top, std::size_t index) {
    const float y = top + row_height_ / 2;
    if (index > 0 && rows_[index - 1].boundary != row.boundary) {
      p_.line({area_.x, top}, {area_.right(), top}, c_.hair);
    }
    text_at(p_, {area_.x, y}, say(key_of(row)), kDense, c_.ink);
    for (const Column& column : columns_) {
      cell(row, column, y);
    }
    total(row, y);
    const draw::Badge badge = row.exact ? draw::Badge::exact : draw::Badge::modelled;
    if (badge_words_) {
      context_.ui.badge_with_word(badge, {badge_, y - 8});
    } else {
      draw::badge(p_, badge, {badge_, y - 7}, c_.ink2);
    }
    if (formula_.w > 0) {
      formula(row, y);
    }
  }

  // The number at the end, and under it how far it has come.
  void cell(const scope::BytesRow& row, const Column& column, float y) {
    const Number n = number(row, column);
    if (!n.applies) {
      text_at(p_, {column.right, y}, kNotApplicable, kDenseMono, c_.ink2, draw::Align::right);
      return;
    }
    text_at(p_, {column.right, y}, scope::count_text(n.end), kDenseMono, c_.ink, draw::Align::right);
    const draw::Color line = column.family == draw::Family::none ? c_.ink2 : c_.of(column.family).line;
    progress(column, n, y, line);
    const draw::Rect box{column.left - 4, y - row_height_ / 2, column.right - column.left + 8, row_height_};
    const std::string name = fmt::format("{}bytes.{}.{}", context_.prefix, key_of(row).substr(11), column.name);
    const draw::Ui::Touch touch = context_.ui.touch(name, box, true);
    if (touch.hovered) {
      card(row, &column, n);
    }
    if (touch.pressed && column.tensor) {
      choose_tensor(context_, column.name);
    }
  }

  void total(const scope::BytesRow& row, float y) {
    const Number n{row.total_so_far, row.total_end};
    text_at(p_, {all_.right, y}, scope::count_text(n.end), kDenseMono, c_.ink, draw::Align::right);
    progress(all_, n, y, c_.ink);
    const draw::Rect box{all_.left - 4, y - row_height_ / 2, all_.right - all_.left + 8, row_height_};
    if (context_.ui.touch(fmt::format("{}bytes.{}.all", context_.prefix, key_of(row).substr(11)), box, true).hovered) {
      card(row, nullptr, n);
    }
  }

  void progress(const Column& column, const Number& n, float y, draw::Color color) {
    if (n.end <= 0) {
      return;
    }
    const draw::Rect track{column.left, y + 10, column.right - column.left, 2};
    const float share = static_cast<float>(n.so_far) / static_cast<float>(n.end);
    p_.fill(track, c_.hair);
    p_.fill({track.x, track.y, track.w * std::clamp(share, 0.0F, 1.0F), 2}, color);
  }

  std::optional<sim::ClosedForm> form_of(const scope::BytesRow& row, const Column* column) const {
    if (row.boundary != scope::Boundary::smem) {
      return std::nullopt;
    }
    const char* way = row.write ? "write_bytes" : "read_bytes";
    return scope::closed_form(context_.run, column == nullptr
                                                ? fmt::format("two_level.{}", way)
                                                : fmt::format("two_level.by_tensor.{}.{}", column->name, way));
  }

  // The formula, numbers put in, where it comes from.
  void card(const scope::BytesRow& row, const Column* column, const Number& n) {
    draw::HoverCard card;
    card.title = std::string(say(key_of(row)));
    card.title += column == nullptr ? "" : ": " + underlined(column->name, column->family);
    if (column != nullptr && !column->tensor) {
      card.rows.push_back({std::string(say("dock.bytes.never")), "0 B"});
    } else {
      card.rows.push_back({std::string(say("dock.bytes.at_end")), scope::count_text(n.end) + " B"});
      card.rows.push_back({std::string(say("dock.bytes.so_far")), scope::count_text(n.so_far) + " B"});
    }
    if (const auto form = column != nullptr && !column->tensor ? std::nullopt : form_of(row, column)) {
      card.formula = rich_letters(form->formula);
      card.substituted = "= " + rich_numbers(form->substituted) + " = " + scope::count_text(form->value);
      card.source = escaped(form->source);
    } else if (column == nullptr && !row.formula.empty()) {
      card.formula = rich_letters(row.formula);
      card.substituted = row.substituted.empty() ? "" : "= " + rich_numbers(row.substituted);
      card.source = escaped(row.source);
    }
    if (column == nullptr) {
      hidden_columns(row, card);
    }
    card.badge = row.exact ? draw::Badge::exact : draw::Badge::modelled;
    context_.ui.hover(std::move(card));
  }

  // Numbers of the columns that found no room.
  void hidden_columns(const scope::BytesRow& row, draw::HoverCard& card) const {
    for (const sim::TensorInfo& tensor : context_.run.plan().tensors) {
      const bool shown = std::any_of(columns_.begin(), columns_.end(),
                                     [&](const Column& column) { return column.tensor == tensor.tensor.id; });
      if (!shown && row.end[tensor.tensor.id] > 0) {
        card.rows.push_back({underlined(tensor.name, scope::family_of(tensor.name)),
                             scope::count_text(row.end[tensor.tensor.id]) + " B"});
      }
    }
  }

  // The longest way to say it that finds room: letters = numbers = value, letters = value; smaller; two lines.
  void formula(const scope::BytesRow& row, float y) {
    if (row.formula.empty()) {
      const std::int64_t dirty = context_.run.report().dram_dirty_bytes;
      const std::string later = context_.ui.strings.format("dock.bytes.dirty", {{"n", scope::count_text(dirty)}});
      const std::string words = row.write && dirty > 0 ? later : std::string(say("dock.bytes.no_form"));
      p_.text_within({formula_.x, y - draw::line_height(kSmall) / 2}, formula_.w, words, kSmall, c_.ink2);
      return;
    }
    const std::string value = row.closed_form >= 0 ? " = **" + scope::count_text(row.closed_form) + "**" : "";
    const std::string letters = rich_letters(row.formula);
    const std::string numbers = row.substituted.empty() ? "" : " = " + rich_numbers(row.substituted);
    for (const std::string& markup : {letters + numbers + value, letters + value}) {
      for (const draw::TextStyle& style : {kDense, kSmall}) {
        if (draw::rich_width(markup, style, p_.scale()) <= formula_.w) {
          rich_at(p_, {formula_.x, y}, markup, style, c_.ink);
          return;
        }
      }
    }
    const draw::Paragraph lines = draw::layout(letters + value, kSmall, formula_.w, p_.scale(), 1.25F);
    if (lines.height <= row_height_) {
      draw::paint(p_, {formula_.x, y - lines.height / 2}, lines, kSmall, c_.ink);
    } else {
      text_at(p_, {formula_.x, y}, say("dock.bytes.long_form"), kSmall, c_.ink2);
    }
  }

  Context& context_;
  draw::Painter& p_;
  const draw::Palette& c_;
  draw::Rect area_, formula_;
  std::vector<scope::BytesRow> rows_;
  std::vector<Column> columns_;
  Column all_;
  float row_height_ = 27, badge_ = 0;
  bool badge_words_ = true;
};

}  // namespace

void bytes_tab(Context& context, const draw::Rect& area) { BytesTable(context, area).draw(); }

}  // namespace views
