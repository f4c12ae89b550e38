// The softmax panel's parts: the table of one row, and its history.
#pragma once

#include <string>
#include <vector>

#include "ui/window/views/dock_parts.h"
#include "ui/window/views/panels.h"
#include "ui/window/views/state_parts.h"

namespace views {

/// Columns of the table, and how far down it has come.
struct SoftmaxFrame {
  Context& c;
  const scope::SoftmaxRow& row;
  bool wide = false;          ///< safe softmax beside the online one, else below
  float left = 0, right = 0;  ///< of the online part
  float body = 0;             ///< where formulas begin
  float safe_left = 0, safe_right = 0;
  float y = 0;

  draw::Painter& p() const { return c.ui.p; }
  const draw::Palette& colors() const { return c.ui.colors(); }
  const scope::SoftmaxRow::Step* step() const { return current_step(c.frame, row); }
  std::string words(std::string_view key) const { return std::string(c.ui.words(key)); }
  std::int32_t keys() const { return static_cast<std::int32_t>(row.safe_scores.size()); }
  /// Of a softmax program its own letter, "x"; else "s".
  std::string score() const { return is_softmax() ? "*x*" : "*s*"; }
  bool is_softmax() const { return row.safe_o.empty(); }
  /// "e^{s − m}", with the score's index or without.
  std::string term(const std::string& index = {}) const {
    return "*e*^{ " + score() + index + (row.has_max ? " − " + row.letters.m + "}" : "}");
  }
};

/// Head, scores, max, factor, sum, output, O / l; moves `y` down.
void softmax_table(SoftmaxFrame& at);
/// Scores as boxes, or as a strip where they are many. Returns its height.
float softmax_scores(SoftmaxFrame& at, float y);
/// The same for safe softmax: all of them, at once.
float safe_scores(SoftmaxFrame& at, float y, float left, float right);
/// "ℓ = Σ e^{s − m}", of safe softmax.
std::string safe_sum(const SoftmaxFrame& at);
/// The weights that a softmax program writes: formula, and numbers of the tile at work where they are few.
struct WeightsWords {
  std::string formula, numbers;
  bool error = false;
};
WeightsWords softmax_weights(const SoftmaxFrame& at, std::size_t written_out);
/// O as a weighted sum of rows. Returns its height.
float softmax_output(SoftmaxFrame& at, float y);
/// Numbers of a row of O, `digits` behind the point, that fit between left and right, right aligned; "?" for none.
struct OutputColumns {
  float left = 0, width = 0;
  std::int32_t shown = 0, all = 0;
  draw::TextStyle style;
};
OutputColumns output_columns(const SoftmaxFrame& at, float left, float right);
void output_row(SoftmaxFrame& at, const OutputColumns& columns, float y, const std::vector<float>* values,
                float factor);
/// What of O, divided by l, is known: after the last complete step.
const scope::SoftmaxRow::Step* last_complete(const scope::SoftmaxRow& row);
std::vector<float> output_so_far(const scope::SoftmaxRow& row);

/// Curves of m, alpha, l and column 0 of O / l; moves `y` down by `height`.
void softmax_history(SoftmaxFrame& at, float left, float right, float height);

}  // namespace views
