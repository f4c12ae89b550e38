// All kernels that were built in, and the points that a request for one of them stands for.
#pragma once

#include <string>
#include <vector>

#include "measure/point.h"

namespace measure {

const std::vector<kernels::Entry>& all_entries();

/// nullptr if there is none.
const kernels::Entry* find_entry(const std::string& algorithm, const std::string& variant);
/// Throws Error with the known names.
const kernels::Entry& entry_of(const Point& point);
/// "flash1, flash2, standard, standard:cublas".
std::string known_entries();

/// "flash2" means all its variants, "standard:cublas" one; an empty list means everything.
bool selected(const std::vector<std::string>& only, const std::string& algorithm, const std::string& variant);

}  // namespace measure
