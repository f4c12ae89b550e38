#include "ui/window/views/dock_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace views {

namespace {

constexpr std::string_view kMicro = "\xC2\xB5s", kDot = " \xC2\xB7 ";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string with_commas(std::string digits) {
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

// "Nq" -> N with q below; "q_i" likewise; "max", "ceil" and the like are no letters.
std::string letter(const std::string& word) {
  if (is_digit(word[0])) {
    return with_commas(word);
  }
  if (word == "sum_i") {
    return "\xCE\xA3_{i}";
  }
  if (word.size() > 4 || word == "max" || word == "min" || word == "ceil" || word == "sum") {
    return escaped(word);
  }
  const std::size_t rest = word.size() > 1 && word[1] == '_' ? 2 : 1;
  const std::string below = word.substr(std::min(rest, word.size()));
  return below.empty() ? fmt::format("*{}*", word[0]) : fmt::format("*{}*_{{{}}}", word[0], below);
}

}  // namespace

std::string micro(double us) {
  std::string words = scope::time_text(us);
  if (words.size() > 3 && words.compare(words.size() - 3, 3, " us") == 0) {
    words.replace(words.size() - 2, 2, kMicro);
  }
  return words;
}

std::string axis_time(double us, double step, double largest) {
  const bool nano = largest < 1, milli = largest >= 1e4;
  const double unit = nano ? 1e-3 : milli ? 1e3 : 1;
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step / unit) - 1e-9)), 0, 4);
  std::string number = fmt::format("{:.{}f}", std::abs(us) < step * 1e-6 ? 0 : us / unit, digits);
  const std::size_t point = std::min(number.find('.'), number.size());
  number = with_commas(number.substr(0, point)) + number.substr(point);
  return fmt::format("{} {}", number, nano ? "ns" : milli ? "ms" : kMicro);
}

draw::Rect text_at(draw::Painter& painter, draw::Point at, std::string_view text, const draw::TextStyle& style,
                   draw::Color color, draw::Align align) {
  return painter.text({at.x, at.y - draw::line_height(style) / 2}, text, style, color, align);
}

draw::Rect rich_at(draw::Painter& painter, draw::Point at, std::string_view markup, const draw::TextStyle& style,
                   draw::Color color, draw::Align align) {
  return draw::rich(painter, {at.x, at.y - draw::line_height(style) / 2}, markup, style, color, 0, align);
}

std::string escaped(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (c == '*' || c == '_' || c == '^' || c == '[' || c == '`' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string underlined(const std::string& name, scope::Family family) {
  constexpr std::string_view kNames = "QKVSPOm";
  return family == scope::Family::none
             ? escaped(name)
             : fmt::format("[{}:{}]", kNames[static_cast<std::size_t>(family)], escaped(name));
}

std::string rich_letters(const std::string& formula) {
  std::string out;
  for (std::size_t at = 0; at < formula.size();) {
    std::size_t end = at;
    while (end < formula.size() && is_word(formula[end])) {
      ++end;
    }
    if (end > at) {
      out += letter(formula.substr(at, end - at));
      at = end;
    } else {
      out += escaped(formula.substr(at++, 1));
    }
  }
  return out;
}

std::string rich_numbers(const std::string& substituted) {
  std::string out;
  for (std::size_t at = 0; at < substituted.size();) {
    if (substituted.compare(at, 3, " * ") == 0) {
      out += kDot;
      at += 3;
      continue;
    }
    std::size_t end = at;
    while (end < substituted.size() && is_digit(substituted[end])) {
      ++end;
    }
    out += end > at ? with_commas(substituted.substr(at, end - at)) : escaped(substituted.substr(at, 1));
    at = std::max(end, at + 1);
  }
  return out;
}

void choose_tensor(Context& context, const std::string& name) {
  context.view.chosen = {scope::Chosen::Kind::tensor, name, 0, 0};
}

void choose_tile(Context& context, const scope::TileInfo& tile) {
  context.view.chosen = {scope::Chosen::Kind::tile, tile.name, tile.row, tile.col};
}

std::weak_ptr<const void> identity_of(const scope::Run& run) {
  if (run.kernels()[0].store) {
    return run.kernels()[0].store;
  }
  return run.trace(0, 0);
}

std::string kernel_words(const scope::Run& run, std::int32_t kernel) {
  std::string name = run.kernels()[static_cast<std::size_t>(kernel)].kernel->name;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace views
