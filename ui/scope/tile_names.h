// What variables, tensors and the results of ops are called in the picture.
#pragma once

#include <string>

#include "sim/tile/op.h"
#include "ui/scope/trace_index.h"

namespace scope {

/// Rich text: "Sij" is "S", "m_new" "*m*"; what nothing is known about stands for itself.
std::string symbol_of(const std::string& variable);

/// A result inside an expression: what it is of `a`, the tile that it is made from.
struct Kind {
  std::string symbol;
  Family family = Family::none;
};
Kind kind_of_result(const sim::Op& op, const TileInfo* a);

/// Symbol, with the numbers of row block and K/V tile that mean something for the family.
std::string name_with_numbers(const TileInfo& tile);
/// Without markup: "S3,6" for "S_{3,6}", "m3" for "*m*_{3}".
std::string plain_name(std::string_view rich);

}  // namespace scope
