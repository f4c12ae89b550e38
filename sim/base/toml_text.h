// The readers' way to the TOML library (to 3.4), and the only header that includes it. The library asserts what a text
// can make false, such as "a = [}", and with NDEBUG takes it for true; here such a text throws instead.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sim {

struct TomlAssertion : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] inline void toml_assertion_failed(const char* expression) { throw TomlAssertion(expression); }

}  // namespace sim

#undef NDEBUG
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::sim::toml_assertion_failed(#expression))
#include <toml++/toml.h>

namespace sim {

/// Parses a text, or throws Error with its line: no TOML; more than `bytes_max` bytes; thousands of dots, since the
/// library recurses once per dot of a dotted key; a character beyond ASCII that is neither in a string nor in a
/// comment, since the library's test for blanks runs into __builtin_unreachable there.
toml::table parse_toml(const std::string& text, std::size_t bytes_max, const std::string& source);

/// `text` fit for a message: control characters replaced, cut to a readable length at a character's start.
std::string printable(std::string_view text);

/// "FILE:LINE", or "FILE" for what has no line.
std::string at_line(const std::string& source, const toml::source_region& region);

/// A node as an error message calls it: "the string \"fast\"", "an array".
std::string described(const toml::node& node);

}  // namespace sim
