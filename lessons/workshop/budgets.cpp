#include "lessons/workshop/budgets.h"

#include <cmath>
#include <map>

#include "lessons/course/expression.h"
#include "sim/base/error.h"
#include "sim/base/suggest.h"

namespace lessons {

namespace {

std::map<std::string, double> letters_of(const Case& c, bool softmax) {
  const sim::Problem& p = c.problem;
  const std::int32_t rows = softmax ? p.rows : p.seqlen_q, keys = softmax ? p.row_length : p.seqlen_kv;
  const std::int32_t br = std::min(c.schedule.block_q, rows), bc = std::min(c.schedule.block_kv, keys);
  return {{"R", rows},
          {"V", keys},
          {"Nq", rows},
          {"Nk", keys},
          {"d", p.head_dim},
          {"e", size_of(p.dtype)},
          {"Br", br},
          {"Bc", bc},
          {"Tr", sim::ceil_div(rows, br)},
          {"Tc", sim::ceil_div(keys, bc)}};
}

Lookup lookup_in(const std::map<std::string, double>& letters, const std::string& where) {
  return [&letters, where](const std::string&, const std::string& name) -> Quantity {
    const auto found = letters.find(name);
    if (found == letters.end()) {
      std::vector<std::string> known;
      for (const auto& letter : letters) {
        known.push_back(letter.first);
      }
      throw sim::Error(where, "there is no letter '" + name + "'", sim::suggestion(name, known));
    }
    return {found->second, Badge::exact};
  };
}

}  // namespace

void check_budget(const std::string& expression, const std::string& where) {
  Case any;
  any.schedule.block_q = any.schedule.block_kv = 1;
  const auto letters = letters_of(any, true);
  (void)evaluate(expression, lookup_in(letters, ""), where);
}

std::int64_t budget_of(const std::string& expression, const Case& given, bool softmax) {
  const auto letters = letters_of(given, softmax);
  return std::llround(evaluate(expression, lookup_in(letters, "budget"), "budget").value);
}

}  // namespace lessons
