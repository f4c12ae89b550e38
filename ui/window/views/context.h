// What every view gets, and what it may ask for. A view reads the run and the frame and draws; where the user looks is
// in the View, which it may change; anything beyond that it asks the app for.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ui/scope/evidence.h"
#include "ui/scope/frame.h"
#include "ui/scope/view.h"
#include "ui/window/draw/ui.h"

namespace views {

/// Requests to the app, carried out after the frame.
struct Actions {
  std::vector<std::pair<std::string, std::string>> fields;  ///< scenario fields to set: {"block_q", "64"}
  std::vector<std::pair<std::string, double>> machine;      ///< machine keys to override; see sim::machine_fields
  bool drop_machine_overrides = false;
  std::optional<std::string> command;  ///< by name: "play", "step_forward", "palette"
  std::optional<std::string> csv;      ///< text to save or copy: what a panel shows
  std::optional<std::string> copy;     ///< text for the clipboard
};

struct Context {
  draw::Ui& ui;
  const scope::Run& run;
  const scope::Frame& frame;
  scope::View& view;
  Actions& actions;
  std::string prefix;  ///< of widgets' names: "" or "second." in a comparison
};

}  // namespace views
