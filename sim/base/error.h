// Errors. A user's mistake throws sim::Error, which says where, what, and what to do about it;
// a programmer's mistake trips SIM_CHECK. The two never mix.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace sim {

/// A mistake in what the user gave: a file, a flag, a shape, a machine, a tile program.
/// what() is the whole message on one or two lines: "WHERE: MESSAGE" and, if there is one, "hint: HINT".
class Error : public std::runtime_error {
 public:
  Error(std::string where, std::string message, std::string hint = {})
      : std::runtime_error(join(where, message, hint)),
        where_(std::move(where)),
        message_(std::move(message)),
        hint_(std::move(hint)) {}

  const std::string& where() const { return where_; }      ///< file:line, key, flag or program line; may be empty
  const std::string& message() const { return message_; }  ///< what is wrong, with the value
  const std::string& hint() const { return hint_; }        ///< what to do about it; may be empty

 private:
  static std::string join(const std::string& where, const std::string& message, const std::string& hint) {
    std::string text = where.empty() ? message : where + ": " + message;
    return hint.empty() ? text : text + "\n  hint: " + hint;
  }

  std::string where_, message_, hint_;
};

/// The failure of an invariant of ours; its message names the expression and the place.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

#define SIM_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::sim::check_failed(#expression, __FILE__, __LINE__))

}  // namespace sim
