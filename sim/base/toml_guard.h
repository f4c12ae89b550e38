// Keeps the TOML library (to 3.4) from dying of a text: to be included before <toml++/toml.h> wherever that is
// included. It asserts what a text can make false, such as "a = [}", and with NDEBUG takes it for true; here such a
// text throws TomlAssertion instead. guard_toml refuses what would not even reach an assertion.
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

/// Throws Error for a text of more than `bytes_max` bytes; for thousands of dots, since the library recurses once per
/// dot of a dotted key; and, with its line, for a character beyond ASCII that is neither in a string nor in a comment,
/// since the library's test for blanks runs into __builtin_unreachable there.
void guard_toml(const std::string& text, std::size_t bytes_max, const std::string& source);

/// Line of a text that throws TomlAssertion: the last of the shortest beginning that does.
int line_of_toml_assertion(std::string_view text);

}  // namespace sim

#undef NDEBUG
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::sim::toml_assertion_failed(#expression))
