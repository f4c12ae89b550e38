// What the dock's panels share.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "ui/scope/caption.h"
#include "ui/window/views/context.h"

namespace views {

// VISUAL: 13 secondary, 15 dense; numbers that change are mono.
inline constexpr draw::TextStyle kSmall{13, draw::Face::regular}, kSmallBold{13, draw::Face::semibold},
    kSmallMono{13, draw::Face::mono}, kDense{15, draw::Face::regular}, kDenseBold{15, draw::Face::semibold},
    kDenseMono{15, draw::Face::mono}, kTitleBold{18, draw::Face::semibold};

/// "7.30 µs".
std::string micro(double us);
/// A time on an axis up to `largest` whose ticks are `step` apart, with as many digits as tell them apart: "5.5 µs".
std::string axis_time(double us, double step, double largest);

/// One line of text whose middle is at `y`.
draw::Rect text_at(draw::Painter& painter, draw::Point at, std::string_view text, const draw::TextStyle& style,
                   draw::Color color, draw::Align align = draw::Align::left);
draw::Rect rich_at(draw::Painter& painter, draw::Point at, std::string_view markup, const draw::TextStyle& style,
                   draw::Color color, draw::Align align = draw::Align::left);

/// A closed form's letters as rich text: letters italic, their ends as subscripts. "B H Nq d e (1 + 2 Tr)"
std::string rich_letters(const std::string& formula);
/// Its numbers: commas, a middle dot for products.
std::string rich_numbers(const std::string& substituted);
/// As it is, with everything escaped that rich text would read as a mark.
std::string escaped(std::string_view words);
/// "[K:K]": a tensor's name, underlined in its colour.
std::string underlined(const std::string& name, scope::Family family);

/// Chooses a tensor: what the stage then follows.
void choose_tensor(Context& context, const std::string& name);
void choose_tile(Context& context, const scope::TileInfo& tile);

/// Kernel k's name in words for the interface, as the plan has it.
std::string kernel_words(const scope::Run& run, std::int32_t kernel);

/// What tells a run from another that took its place in memory.
std::weak_ptr<const void> identity_of(const scope::Run& run);

/// Something made from a run, kept until four other runs have been looked at.
template <typename T>
T& kept_for(const scope::Run& run) {
  struct Kept {
    std::weak_ptr<const void> of;
    T value{};
  };
  static thread_local std::list<Kept> all;
  const std::weak_ptr<const void> mine = identity_of(run);
  for (auto it = all.begin(); it != all.end(); ++it) {
    if (!it->of.owner_before(mine) && !mine.owner_before(it->of)) {
      all.splice(all.begin(), all, it);
      return all.front().value;
    }
  }
  if (all.size() >= 4) {
    all.pop_back();
  }
  all.push_front({mine, {}});
  return all.front().value;
}

}  // namespace views
