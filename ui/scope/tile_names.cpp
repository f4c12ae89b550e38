#include "ui/scope/tile_names.h"

#include <array>
#include <string_view>

namespace scope {

namespace {

struct Word {
  std::string_view variable, symbol;
  Family family;
};

// Names in the tile programs, and tensors' names in their plans.
constexpr Family kStatistic = Family::statistic;
constexpr std::array kWords = {
    Word{"Q", "Q", Family::q},
    Word{"Qi", "Q", Family::q},
    Word{"K", "K", Family::k},
    Word{"Kj", "K", Family::k},
    Word{"V", "V", Family::v},
    Word{"Vj", "V", Family::v},
    Word{"S", "S", Family::s},
    Word{"Sij", "S", Family::s},
    Word{"X", "X", Family::s},
    Word{"x", "X", Family::s},
    Word{"P", "P", Family::p},
    Word{"Pij", "P", Family::p},
    Word{"Y", "Y", Family::p},
    Word{"y", "Y", Family::p},
    Word{"O", "O", Family::o},
    Word{"Oi", "O", Family::o},
    Word{"Oj", "O", Family::o},
    Word{"O_s", "O", Family::o},
    Word{"O_new", "O", Family::o},
    Word{"O_splits", "O", Family::o},
    Word{"O_chunks", "O", Family::o},
    Word{"PV", "PV", Family::o},
    Word{"m", "*m*", kStatistic},
    Word{"mi", "*m*", kStatistic},
    Word{"mj", "*m*", kStatistic},
    Word{"mij", "*m*", kStatistic},
    Word{"m_new", "*m*", kStatistic},
    Word{"m_chunks", "*m*", kStatistic},
    Word{"largest", "*m*", kStatistic},
    Word{"l", "*ℓ*", kStatistic},
    Word{"li", "*ℓ*", kStatistic},
    Word{"lj", "*ℓ*", kStatistic},
    Word{"lij", "*ℓ*", kStatistic},
    Word{"l_new", "*ℓ*", kStatistic},
    Word{"l_chunks", "*ℓ*", kStatistic},
    Word{"sum", "*ℓ*", kStatistic},
    Word{"d", "*d*", kStatistic},
    Word{"alpha", "*α*", kStatistic},
    Word{"weight", "weight", kStatistic},
    Word{"old_weight", "old weight", kStatistic},
    Word{"Li", "LSE", kStatistic},
    Word{"LSE", "LSE", kStatistic},
    Word{"LSE_s", "LSE", kStatistic},
    Word{"LSE_splits", "LSE", kStatistic},
};

const Word* find_word(std::string_view variable) {
  for (const Word& word : kWords) {
    if (word.variable == variable) {
      return &word;
    }
  }
  return nullptr;
}

}  // namespace

Family family_of(const std::string& name) {
  const Word* word = find_word(name);
  return word != nullptr ? word->family : Family::none;
}

std::string symbol_of(const std::string& variable) {
  const Word* word = find_word(variable);
  return word != nullptr ? std::string(word->symbol) : variable;
}

Kind kind_of_result(const sim::Op& op, const TileInfo* a) {
  const Kind same = a != nullptr ? Kind{a->symbol, a->family} : Kind{};
  switch (op.kind) {
    case sim::OpKind::matmul: return op.transpose_b ? Kind{"S", Family::s} : Kind{"PV", Family::o};
    case sim::OpKind::row_max: return {"max " + same.symbol, Family::statistic};
    case sim::OpKind::row_sum: return {"sum " + same.symbol, Family::statistic};
    case sim::OpKind::log: return {"ln " + same.symbol, same.family};
    case sim::OpKind::exp:
    case sim::OpKind::exp_diff:
      if (same.family == Family::s) {
        return {same.symbol == "X" ? "Y" : "P", Family::p};
      }
      return {"weight", same.family};
    default: return same;
  }
}

std::string name_with_numbers(const TileInfo& tile) {
  const bool by_row = tile.family != Family::k && tile.family != Family::v && tile.i >= 0;
  const bool by_tile = tile.j >= 0;
  if (!by_row && !by_tile) {
    return tile.symbol;
  }
  const std::string i = by_row ? std::to_string(tile.i) : "", j = by_tile ? std::to_string(tile.j) : "";
  return tile.symbol + "_{" + i + (by_row && by_tile ? "," : "") + j + "}";
}

std::string plain_name(std::string_view rich) {
  std::string plain;
  for (std::size_t i = 0; i < rich.size(); ++i) {
    const bool opens = rich[i] == '_' && i + 1 < rich.size() && rich[i + 1] == '{';
    if (!opens && std::string_view("*{}").find(rich[i]) == std::string_view::npos) {
      plain += rich[i];
    }
  }
  return plain;
}

}  // namespace scope
