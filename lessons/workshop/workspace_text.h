// Words of exercises outside of the window: in a terminal, in Markdown; and texts from anywhere made fit to be shown.
#pragma once

#include <string>
#include <string_view>

#include "lessons/course/lesson.h"

namespace lessons {

enum class Language { en, zh };

inline const std::string& in(Language language, const Words& words) {
  return language == Language::zh ? words.zh : words.en;
}

/// Rich text (ui/window/draw/rich_text.h) without its marks: "m_{j}" is m_j.
std::string plain_text(std::string_view rich);
/// Rich text as Markdown: scripts become <sub> and <sup>, families their words.
std::string markdown(std::string_view rich);

/// What a student's program or a compiler printed, fit for a terminal, XML and JSON: UTF-8 with U+FFFD for what is none
/// and for control characters but line ends and tabs, so no escape sequences.
std::string clean_text(std::string_view text);
/// At most `bytes` of it, cut at a character's start, "..." after the cut.
std::string shortened(std::string_view text, std::size_t bytes);

}  // namespace lessons
