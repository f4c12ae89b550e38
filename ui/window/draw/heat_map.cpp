// The painter's heat maps: few cells as rectangles, many as a texture.
#include <cmath>
#include <unordered_map>

#include "ui/window/draw/imgui_compat.h"
#include "ui/window/draw/painter.h"

namespace draw {

namespace {

constexpr std::int64_t kFewCells = 64 * 64;
constexpr int kFramesKept = 30;  // stepping back and forth over a moment finds its texture again

struct Texture {
  std::uint64_t id = 0;
  int unused = 0;  // frames
};
struct Textures {
  TextureHooks hooks;
  std::unordered_map<std::uint64_t, Texture> held;
};
Textures& textures() {
  static Textures all;
  return all;
}

bool valid(const Pixels& pixels) {
  return pixels.rows > 0 && pixels.cols > 0 &&
         pixels.data.size() == static_cast<std::size_t>(pixels.rows) * static_cast<std::size_t>(pixels.cols);
}

// `r` in physical px.
void cells(ImDrawList* list, const Rect& r, const Pixels& pixels) {
  const auto x_of = [&](int col) {
    return std::round(r.x + r.w * static_cast<float>(col) / static_cast<float>(pixels.cols));
  };
  const auto y_of = [&](int row) {
    return std::round(r.y + r.h * static_cast<float>(row) / static_cast<float>(pixels.rows));
  };
  for (int row = 0; row < pixels.rows; ++row) {
    const float top = y_of(row), bottom = y_of(row + 1);
    const Color* line = pixels.data.data() + static_cast<std::ptrdiff_t>(row) * pixels.cols;
    for (int begin = 0, end = 0; begin < pixels.cols && top < bottom; begin = end) {
      for (end = begin + 1; end < pixels.cols && line[end] == line[begin]; ++end) {
      }
      if (line[begin].a > 0 && x_of(begin) < x_of(end)) {
        list->AddRectFilled(vec(x_of(begin), top), vec(x_of(end), bottom), packed(line[begin]));
      }
    }
  }
}

void texture(ImDrawList* list, const Rect& r, const Pixels& pixels, std::uint64_t key) {
  Textures& all = textures();
  if (!all.hooks.create) {
    return;
  }
  const auto [found, fresh] = all.held.try_emplace(key);
  if (fresh) {
    found->second.id = all.hooks.create(pixels);
  }
  found->second.unused = 0;
  list->AddImage(texture_id(found->second.id), vec(r.x, r.y), vec(r.right(), r.bottom()));
}

}  // namespace

void Painter::heat_map(const Rect& rect, const Pixels& pixels, std::uint64_t key) {
  if (rect.empty() || !valid(pixels)) {
    return;
  }
  if (log_ != nullptr) {
    note(LogEntry::Kind::image, {}, rect).pixels = pixels;
  }
  if (list_ == nullptr) {
    return;
  }
  const Rect r = snapped(rect);
  if (static_cast<std::int64_t>(pixels.rows) * pixels.cols <= kFewCells) {
    cells(list_, r, pixels);
  } else {
    texture(list_, r, pixels, key);
  }
}

void set_texture_hooks(TextureHooks hooks) {
  Textures& all = textures();
  if (all.hooks.destroy) {
    for (const auto& [key, texture] : all.held) {
      all.hooks.destroy(texture.id);
    }
  }
  all.held.clear();
  all.hooks = std::move(hooks);
}

void collect_textures() {
  Textures& all = textures();
  for (auto it = all.held.begin(); it != all.held.end();) {
    if (++it->second.unused <= kFramesKept) {
      ++it;
      continue;
    }
    if (all.hooks.destroy) {
      all.hooks.destroy(it->second.id);
    }
    it = all.held.erase(it);
  }
}

}  // namespace draw
