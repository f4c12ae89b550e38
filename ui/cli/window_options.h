// What the window and the pictures it makes without a display share.
#pragma once

#include <string>

#include "ui/window/app/app.h"

namespace cli {

/// Looks by name. Throws sim::Error, which calls the flag `where`.
draw::Theme theme_of(const std::string& name, const std::string& where);
scope::Language language_of(const std::string& name, const std::string& where);

/// A scenario's file, or the name of a built-in one: "blackboard", "lecture", "realistic". Throws sim::Error.
sim::Scenario scenario_called(const std::string& name);

}  // namespace cli
