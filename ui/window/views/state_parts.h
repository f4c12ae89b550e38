// What the state panel, the softmax panel and the program's cards share: the row looked at, an op's sizes, the
// statements of online softmax as this program orders them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ui/scope/softmax_row.h"
#include "ui/window/views/context.h"

namespace views {

/// First and last query that the focus block works on.
std::pair<std::int32_t, std::int32_t> rows_of_block(const scope::Frame& frame);
/// First and last query of the tile at work.
std::pair<std::int32_t, std::int32_t> rows_at_work(const scope::Frame& frame);
/// The query looked at: the view's, if the block works on it; else the first at work.
std::int32_t shown_row(const Context& context);
/// The step that the block is at: copies ahead of their turn may have begun the next one. Null: none has begun.
const scope::SoftmaxRow::Step* current_step(const scope::Frame& frame, const scope::SoftmaxRow& row);
/// Two small buttons that change the view's row; `right`: their right end. Returns their left end.
float row_buttons(Context& context, const std::string& name, float right, float y);

/// Of an op: words and numbers for a card or the panel.
struct OpFacts {
  struct Fact {
    std::string label, value;  ///< rich text
  };
  std::string title;
  std::vector<Fact> facts;
  std::string formula, substituted;  ///< rich text; empty: none
  std::optional<double> time_us;     ///< modelled
};
OpFacts facts_of(Context& context, std::uint32_t op);
/// "2 × 4 fp32, registers".
std::string tile_size(const Context& context, const scope::TileInfo& tile);

/// Statements of a softmax within one K/V tile.
enum class StatementKind : std::uint8_t { max, p, alpha, sum, output, weights };
inline constexpr int kStatementKinds = 6;
struct RowStatement {
  StatementKind kind{};
  std::uint32_t begin = 0, end = 0;  ///< first and last op
};
/// In the order in which the block computes them for K/V tile j; empty if it computes no softmax.
std::vector<RowStatement> statements_in(const scope::Frame& frame, std::int32_t j);

/// A statement in words: its formula, and of one row of one tile, where that is known, the numbers put in.
class StatementWords {
 public:
  StatementWords(const Context& context, const std::vector<RowStatement>& statements, const scope::SoftmaxRow* row,
                 const scope::SoftmaxRow::Step* step)
      : context_(context), statements_(statements), row_(row), step_(step) {}

  std::string formula(StatementKind kind) const;
  std::string numbers(StatementKind kind) const;
  std::string value(StatementKind kind) const;
  bool is_error(StatementKind kind) const;  ///< is the value infinite, or no number?

 private:
  bool has(StatementKind kind) const;
  bool has_max() const;
  bool p_before_max() const;
  bool divided() const;
  std::string p_formula() const;
  std::string p_numbers() const;
  std::string sum_numbers() const;
  std::string o_numbers() const;
  std::string weights_numbers() const;
  float number(StatementKind kind) const;  ///< that stands at the right

  const Context& context_;
  const std::vector<RowStatement>& statements_;
  const scope::SoftmaxRow* row_;
  const scope::SoftmaxRow::Step* step_;
};
/// Of numbers in a row: the first that is infinite or none at all, else the first.
std::size_t telling(const std::vector<float>& values);
/// Rich text of scores and exponentials, underlined: "[S:X]", "[P:Y]".
std::string scores_word(const scope::SoftmaxRow::Letters& letters);
std::string p_word(const scope::SoftmaxRow::Letters& letters);

// ---- Numbers in formulas ----
/// With a true minus and the sign of infinity.
std::string with_minus(std::string number);
std::string in_formula(float value);              ///< as value_text
std::string in_formula(float value, int digits);  ///< a fixed number of digits, where that says something
/// A difference in a formula: "1.5 − 2", "1 + 2" if what is subtracted is negative.
std::string minus_text(float a, float b);

/// Why a run has no numbers, in a sentence.
std::string why_no_values(const Context& context);

}  // namespace views
