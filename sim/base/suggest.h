// "Did you mean ...?" for unknown names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// The candidate nearest to `name` by edit distance (insert, delete, replace, swap), or "" if none is near
/// (more than half of the longer name's letters differ).
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// A hint for an error: "did you mean 'flash2'? known: flash1, flash2, ..."
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace sim
