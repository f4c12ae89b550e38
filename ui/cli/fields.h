// Every leaf of the JSON that `run` prints: path, unit, badge, meaning. `list fields` prints this table, `explain`
// and the tables of `compare` and `sweep` read it, and a test holds it against a real output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct FieldDoc {
  const char* path;   ///< "two_level.by_tensor.*.read_bytes": '*' stands for one name, [] for the elements of an array
  const char* unit;   ///< "bytes", "us", "0..1"; "" for a count, "text" or "bool" for what is no number
  const char* badge;  ///< "exact", "modelled", "measured"; "" for settings
  const char* text;
  const char* rule = "";  ///< of a modelled number: how it comes about
};

const std::vector<FieldDoc>& field_docs();

/// The row whose path fits, or null.
const FieldDoc* find_field_doc(std::string_view path);

}  // namespace cli
