// One sentence that says what this moment does: who does what to which tile, from where to where, bytes.
#pragma once

#include <string>

#include "ui/scope/frame.h"
#include "ui/scope/strings.h"

namespace scope {

/// Rich text in the strings' language; at most 16 words or 40 characters.
std::string caption(const Run& run, const Frame& frame, const Strings& strings);
/// A line for the progress of a run: "op 63 of 152", "kernel 2 of 3".
std::string progress(const Run& run, const Frame& frame, const Strings& strings);

// Numbers as they are written everywhere.
std::string bytes_text(double bytes);    ///< "8,192 B", "16.8 MB"
std::string kib_text(double bytes);      ///< "32 KiB"
std::string time_text(double us);        ///< "7.30 µs", "236 µs", "1.23 ms"
std::string count_text(std::int64_t n);  ///< "35,651,584"
std::string ratio_text(double ratio);    ///< "10.6x" with the multiplication sign
std::string value_text(float value);     ///< in a tile: "-1", "0.5", "0.607"; inf and NaN as such
/// NaN or infinity, which is shown as an error. −inf is none among scores and statistics: masked, or no maximum yet.
bool is_error(float value, Family family);

}  // namespace scope
