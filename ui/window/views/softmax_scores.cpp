// The scores of one row: boxes with numbers while they are few, else a strip of colour.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/scope/caption.h"
#include "ui/window/views/softmax_parts.h"

namespace views {

namespace {

constexpr float kBox = 40, kLeast = 38, kMost = 53, kLabel = 22, kStrip = 30;
constexpr std::int32_t kRowsMost = 4, kKeysMost = 64;

using scope::SoftmaxRow;

// Of every key: its step, or none.
struct Keys {
  std::vector<const SoftmaxRow::Step*> step;
  std::vector<float> score;

  explicit Keys(const SoftmaxFrame& at) : step(static_cast<std::size_t>(at.keys())), score(step.size()) {
    for (const SoftmaxRow::Step& s : at.row.steps) {
      for (std::size_t n = 0; n < s.scores.size(); ++n) {
        const std::size_t key = static_cast<std::size_t>(s.first_key) + n;
        if (key < step.size()) {
          step[key] = &s;
          score[key] = s.scores[n];
        }
      }
    }
  }
};

std::int32_t keys_of_tile(const SoftmaxFrame& at) {
  for (const SoftmaxRow::Step& step : at.row.steps) {
    if (!step.scores.empty()) {
      return static_cast<std::int32_t>(step.scores.size());
    }
  }
  return std::max(1, at.keys() / std::max(1, at.row.steps_total));
}

// Px that the widest score takes, in the small type.
float widest_score(const SoftmaxFrame& at) {
  float width = 0;
  for (const float score : at.row.safe_scores) {
    width = std::max(width, at.p().width_of(scope::value_text(score), kSmallMono));
  }
  return width;
}

class Boxes {
 public:
  Boxes(SoftmaxFrame& at, float y) : at_(at), keys_(at), tile_(keys_of_tile(at)), y_(y) {
    const float room = at.right - at.body - 4;
    if (at.keys() > kKeysMost) {
      return;
    }
    const float least = std::max(kLeast, widest_score(at) + 5);
    const auto fit = std::max(1, static_cast<std::int32_t>(room / least));
    per_row_ = at.keys() <= fit ? at.keys() : std::max(1, fit / tile_) * tile_;
    width_ = std::floor(std::min(std::max(kMost, least), room / static_cast<float>(std::max(1, per_row_))));
    rows_ = (at.keys() + per_row_ - 1) / per_row_;
    fits_ = rows_ <= kRowsMost && width_ + 1 >= std::min(least, kMost) && tile_ <= per_row_;
  }
  bool fits() const { return fits_; }

  float draw() {
    for (std::int32_t key = 0; key < at_.keys(); ++key) {
      box(key);
    }
    for (std::int32_t key = 0; key < at_.keys(); key += tile_) {
      label(key);
    }
    const SoftmaxRow::Step* now = at_.step();
    if (now != nullptr && !now->scores.empty()) {
      const draw::Rect first = rect(now->first_key);
      draw::now_frame(at_.p(), {first.x, first.y, width_ * static_cast<float>(now->scores.size()), first.h});
    }
    return static_cast<float>(rows_) * (kBox + kLabel);
  }

 private:
  draw::Rect rect(std::int32_t key) const {
    return {at_.body + 2 + static_cast<float>(key % per_row_) * width_,
            y_ + static_cast<float>(key / per_row_) * (kBox + kLabel), width_, kBox};
  }

  void box(std::int32_t key) {
    const draw::Palette& colors = at_.colors();
    const draw::TensorColors& s = colors.of(draw::Family::s);
    const auto k = static_cast<std::size_t>(key);
    const draw::Rect cell = rect(key);
    if (keys_.step[k] == nullptr) {
      at_.p().dashed_frame(cell.inset(1), colors.edge, draw::kGhost);
      at_.p().text_in(cell, "?", kDenseMono, colors.ink2);
      return;
    }
    const bool now = keys_.step[k] == at_.step();
    at_.p().fill(cell, now ? s.fill : s.tint);
    at_.p().frame(cell, s.line, 1);
    const std::string words = scope::value_text(keys_.score[k]);
    const draw::TextStyle style = at_.p().width_of(words, kDenseMono) <= cell.w - 12 ? kDenseMono : kSmallMono;
    if (at_.p().width_of(words, style) <= cell.w - 2) {
      at_.p().text({cell.center().x, cell.center().y - draw::line_height(style) / 2}, words, style,
                   now ? s.on_fill : colors.ink, draw::Align::center);
    }
  }

  void label(std::int32_t key) {
    const draw::Rect first = rect(key);
    const bool now = at_.step() != nullptr && at_.step()->first_key == key;
    const float w = width_ * static_cast<float>(std::min(tile_, at_.keys() - key));
    const std::string long_one = "*j* = " + std::to_string(key / tile_),
                      words = draw::rich_width(long_one, kSmallBold, at_.p().scale()) <= w
                                  ? long_one
                                  : std::to_string(key / tile_);
    if (draw::rich_width(words, kSmallBold, at_.p().scale()) <= w) {
      rich_at(at_.p(), {first.x + w / 2, first.bottom() + 13}, words, now ? kSmallBold : kSmall,
              now ? at_.colors().ink : at_.colors().ink2, draw::Align::center);
    }
  }

  SoftmaxFrame& at_;
  Keys keys_;
  std::int32_t tile_, per_row_ = 1, rows_ = 1;
  float y_, width_ = 0;
  bool fits_ = false;
};

draw::Color colour_of(const draw::Palette& colors, float score, float low, float high) {
  if (!std::isfinite(score)) {
    return colors.panel;
  }
  return draw::viridis(high > low ? (score - low) / (high - low) : 1);
}

// A cell for so many keys that it is a px wide; it shows the largest of them.
void strip(SoftmaxFrame& at, const draw::Rect& box, const std::vector<float>& scores, const std::vector<bool>& known) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    if (known[k] && std::isfinite(scores[k])) {
      low = std::min(low, scores[k]);
      high = std::max(high, scores[k]);
    }
  }
  const auto cells = std::min(scores.size(), static_cast<std::size_t>(std::max(1.0F, box.w / 2)));
  draw::Pixels pixels{1, static_cast<std::int32_t>(cells), std::vector<draw::Color>(cells, at.colors().panel)};
  std::uint64_t key = 1469598103934665603ULL;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t k = cell * scores.size() / cells; k < (cell + 1) * scores.size() / cells; ++k) {
      largest = known[k] ? std::max(largest, scores[k]) : largest;
    }
    const draw::Color c = pixels.data[cell] = colour_of(at.colors(), largest, low, high);
    key =
        (key ^ (static_cast<std::uint64_t>(c.r) << 16 | static_cast<std::uint64_t>(c.g) << 8 | c.b)) * 1099511628211ULL;
  }
  at.p().heat_map(box, pixels, key);
  at.p().frame(box, at.colors().of(draw::Family::s).line, 1);
}

float strip_of_row(SoftmaxFrame& at, float y) {
  const Keys keys(at);
  const draw::Rect box{at.body + 2, y, at.right - at.body - 4, kStrip};
  std::vector<bool> known(keys.step.size());
  std::int64_t seen = 0;
  for (std::size_t k = 0; k < known.size(); ++k) {
    known[k] = keys.step[k] != nullptr;
    seen += known[k] ? 1 : 0;
  }
  strip(at, box, keys.score, known);
  const scope::Strings& strings = at.c.ui.strings;
  const SoftmaxRow::Step* now = at.step();
  float below = y + kStrip + 8;
  if (now != nullptr && !now->scores.empty()) {
    const float px = box.w / static_cast<float>(std::max(1, at.keys()));
    const draw::Rect tile{box.x + px * static_cast<float>(now->first_key), y,
                          std::max(4.0F, px * static_cast<float>(now->scores.size())), kStrip};
    at.p().fill({tile.x - 4, y, 4, kStrip}, at.colors().panel);  // the frame must not stand on colours
    at.p().fill({tile.right(), y, 4, kStrip}, at.colors().panel);
    draw::now_frame(at.p(), tile);
    const auto largest = std::max_element(now->scores.begin(), now->scores.end());
    const std::string words = strings.format(
        "softmax.largest", {{"j", scope::count_text(now->j)},
                            {"value", in_formula(*largest)},
                            {"key", scope::count_text(now->first_key + (largest - now->scores.begin()))}});
    below += draw::rich(at.p(), {at.body, below}, words, kSmall, at.colors().ink, at.right - at.body).h + 2;
  }
  const std::string words =
      strings.format("softmax.seen", {{"seen", scope::count_text(seen)}, {"n", scope::count_text(at.keys())}});
  below += draw::rich(at.p(), {at.body, below}, words, kSmall, at.colors().ink2, at.right - at.body).h;
  return below - y;
}

}  // namespace

float softmax_scores(SoftmaxFrame& at, float y) {
  Boxes boxes(at, y);
  return boxes.fits() ? boxes.draw() : strip_of_row(at, y);
}

float safe_scores(SoftmaxFrame& at, float y, float left, float right) {
  constexpr float kSmallBox = 26, kSmallLeast = 40;
  const std::vector<float>& scores = at.row.safe_scores;
  const auto n = static_cast<std::int32_t>(scores.size());
  const std::int32_t per_row = (n + 1) / 2;
  const float w = std::floor((right - left) / static_cast<float>(std::max(1, per_row)));
  if (n > kKeysMost || w < std::max(kSmallLeast, widest_score(at) + 8)) {
    const draw::Rect box{left, y + 6, right - left, kSmallBox};
    strip(at, box, scores, std::vector<bool>(scores.size(), true));
    return kSmallBox + 12;
  }
  for (std::int32_t key = 0; key < n; ++key) {
    const draw::Rect cell{left + static_cast<float>(key % per_row) * w,
                          y + static_cast<float>(key / per_row) * (kSmallBox + 4), w - 4, kSmallBox};
    at.p().fill(cell, at.colors().of(draw::Family::s).tint);
    at.p().frame(cell, at.colors().of(draw::Family::s).line, 1);
    at.p().text_in(cell, scope::value_text(scores[static_cast<std::size_t>(key)]), kSmallMono, at.colors().ink);
  }
  return 2 * (kSmallBox + 4) + 2;
}

}  // namespace views
