// What a user did wrong: where, what, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

namespace measure {

class Error : public std::runtime_error {
 public:
  Error(const std::string& where, const std::string& message, const std::string& hint = {})
      : std::runtime_error(where + ": " + message + (hint.empty() ? "" : "\n  hint: " + hint)) {}
};

/// There is no card to run on; the program ends with code 3.
class NoCard : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace measure
