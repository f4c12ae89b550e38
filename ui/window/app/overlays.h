// What lies over the picture: the sheet of keys, the command palette, notices.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/window/app/app.h"

namespace app {

/// A card in the middle of the window, which it dims; takes the pointer from what lies below.
draw::Rect sheet(draw::Ui& ui, const draw::Rect& window, float width, float height);

/// All commands with their keys, in columns by group. True: close it.
bool help_sheet(draw::Ui& ui, const draw::Rect& window, const KeyMap& keys);

/// Commands whose words have all the letters of `text` in order, best first.
std::vector<const Command*> matching(const scope::Strings& strings, const std::string& text);

/// The palette's field and its hits; the name of the command that was clicked.
std::optional<std::string> palette_sheet(draw::Ui& ui, const draw::Rect& window, const KeyMap& keys, std::string& text,
                                         int row);

/// A strip above the caption; true: it was closed.
bool notice_strip(draw::Ui& ui, const draw::Rect& stage, const Notice& notice);

}  // namespace app
