// Moments of a run in words, for flags and lessons.
#pragma once

#include <string>

#include "ui/scope/run.h"

namespace scope {

/// "start", "middle", "end", "37.5%", "op63" (the end of the place's 63rd op), "7.3us", "1.2ms";
/// "paper 8 #2": the 2nd time, at the place, that ops of line 8 in the program's margin have run: the end of the last
/// of them; "#1" may be left out. Lines without a number of their own are none of it.
/// "break max_rose #3": the 3rd hit of that breakpoint, from the start. Throws sim::Error, which calls it `where`.
double moment_of(const Run& run, Place place, const std::string& text, const std::string& where);

}  // namespace scope
