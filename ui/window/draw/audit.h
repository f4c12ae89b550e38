// Finds what must not be in any picture: text over text, text cut off, text or marks that are hard to tell from what
// lies under them.
#pragma once

#include <string>
#include <vector>

#include "ui/window/draw/painter.h"

namespace draw {

struct Finding {
  enum class Kind : std::uint8_t { overlap, cut, contrast, covered, missing_glyph };
  Kind kind{};
  std::string what;  ///< a sentence with the words concerned and where they are
  Rect where;
};

/// `window`: the whole picture. Text needs a contrast of 4.5 to what lies under it (WCAG 2.2, 1.4.3); on a heat map or
/// a hatch, to the worst of its colours. Strokes of tensors and `edge` need 3 (1.4.11) where they are at least 1.5 px.
std::vector<Finding> audit(const Log& log, const Rect& window);

}  // namespace draw
