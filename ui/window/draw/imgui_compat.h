// Where Dear ImGui 1.86 to 1.92 differ, except for fonts (fonts.cpp).
#pragma once

#include <imgui.h>

#include <cstdint>

#include "ui/window/draw/geometry.h"
#include "ui/window/draw/palette.h"

namespace draw {

inline ImU32 packed(Color c) { return IM_COL32(c.r, c.g, c.b, c.a); }
inline ImVec2 vec(float x, float y) { return {x, y}; }

inline void add_rect(ImDrawList* list, ImVec2 min, ImVec2 max, ImU32 color, float radius, float thickness) {
#if IMGUI_VERSION_NUM >= 19280
  list->AddRect(min, max, color, radius, thickness, 0);
#else
  list->AddRect(min, max, color, radius, 0, thickness);
#endif
}

inline void add_polyline(ImDrawList* list, const ImVec2* points, int count, ImU32 color, bool closed, float thickness) {
  const ImDrawFlags flags = closed ? ImDrawFlags_Closed : 0;
#if IMGUI_VERSION_NUM >= 19280
  list->AddPolyline(points, count, color, thickness, flags);
#else
  list->AddPolyline(points, count, color, flags, thickness);
#endif
}

// A pointer until 1.91.3, then a number.
inline ImTextureID texture_id(std::uint64_t id) {
  return (ImTextureID) static_cast<std::intptr_t>(id);  // NOLINT: the one spelling that every version takes
}

}  // namespace draw
