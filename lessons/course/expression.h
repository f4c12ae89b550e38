// Expressions in lessons: sums over what the simulator counted. Names are those of `attoscope run --json`
// ("two_level.by_tensor.S.write_bytes", "problem.seqlen_q", "time_us"), values of tiles at the step's moment
// ("at.m.0": row 0 of tile m; "at.O.0.1": row 0, column 1; all kinds of names: ui/scope/facts.h) and, with a prefix,
// the same of another scenario of the lesson ("standard:dram.read_bytes"). Operators and functions are muParser's (+ -
// * / ^, exp, ln, max, sqrt...).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lessons {

enum class Badge { exact, modelled };

struct Quantity {
  double value = 0;
  Badge badge = Badge::exact;
};

/// Finds a name; `scenario` is the prefix, or "" for the step's own. Throws sim::Error for a name that is not there.
using Lookup = std::function<Quantity(const std::string& scenario, const std::string& name)>;

/// The names in it, each with its scenario ("" without a prefix). Throws sim::Error (where: `where`) if it does not
/// parse.
std::vector<std::pair<std::string, std::string>> names_in(const std::string& expression, const std::string& where);

/// Its value; exact if all of its names are. Throws sim::Error: does not parse, unknown name, not finite.
Quantity evaluate(const std::string& expression, const Lookup& lookup, const std::string& where);

/// The same number but for rounding: how a choice's value is held against the answer.
bool same_value(double a, double b);

/// Formats: "int" 1,048,576 · "bytes" 4.19 MB (B to 9,999) · "kib" 16 KiB · "time" 7.30 µs (of us) · "ratio" 7.5× ·
/// "percent" 40 % (of 0..1) · "2f" two decimals (0f to 6f) · "value" as tiles show it · "sig3" three significant
/// digits, whole numbers as they are; "" = "sig3". Throws sim::Error for an unknown format, with the nearest.
std::string formatted(double value, const std::string& format, const std::string& where);
void check_format(const std::string& format, const std::string& where);

/// `words` with every {EXPRESSION|FORMAT} replaced. A name that stands alone may be inf or NaN: what the simulator
/// holds is shown. `badge` becomes modelled if one of them is; `numbers` counts them.
std::string filled(const std::string& words, const Lookup& lookup, const std::string& where, Badge* badge = nullptr,
                   int* numbers = nullptr);

}  // namespace lessons
