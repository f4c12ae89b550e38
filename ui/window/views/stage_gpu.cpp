// The whole GPU: every SM as the progress bar of its block.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

using scope::SmState;

const scope::KernelRun& kernel_of(const Scene& scene) {
  return scene.run().kernels()[static_cast<std::size_t>(scene.frame().at.kernel)];
}

Color progress_color(const Scene& scene, const SmState& sm, bool focus) {
  return focus || sm.same_slice ? scene.colors.ink2 : scene.colors.edge;
}

std::string block_words(const Scene& scene, const SmState& sm) {
  const sim::Kernel& kernel = *kernel_of(scene).kernel;
  const auto blocks = static_cast<std::uint32_t>(std::max(1, kernel.blocks));
  const std::string block = scope::count_text(sm.block % blocks);
  if (kernel.slices <= 1) {
    return scene.ui.strings.format("stage.gpu.block", {{"b", block}});
  }
  const std::string slice = scope::count_text(sm.block / blocks);
  return scene.ui.strings.format("stage.gpu.block_of", {{"b", block}, {"h", slice}});
}

void hover_sm(Scene& scene, std::size_t index, const SmState& sm) {
  draw::HoverCard card;
  card.title = fmt::format("SM {}", index);
  if (sm.busy) {
    card.rows.push_back({block_words(scene, sm), fmt::format("`{:.0f}` %", sm.share * 100)});
    if (sm.same_slice) {
      card.rows.push_back({std::string(scene.words("stage.gpu.same")), ""});
    }
  } else {
    card.rows.push_back({std::string(scene.words("stage.gpu.idle")), ""});
  }
  card.badge = draw::Badge::modelled;
  card.source = std::string(scene.words("stage.gpu.click"));
  scene.ui.hover(card);
}

/// A click looks at the SM from now on.
void touch_sm(Scene& scene, std::size_t index, const Rect& box, const SmState& sm) {
  const auto touch = scene.ui.touch(scene.name(fmt::format("sm.{}", index)), box, true);
  if (touch.hovered) {
    hover_sm(scene, index, sm);
  }
  if (touch.pressed) {
    scene.c.view.cursor.place = {static_cast<std::int32_t>(index), 0};
  }
}

void draw_cell(Scene& scene, const Rect& cell, const SmState& sm, bool focus) {
  if (!sm.busy) {
    scene.p.frame(cell, scene.colors.hair, 1);
    if (std::min(cell.w, cell.h) >= 8) {
      scene.p.hatch(cell.inset(1), scene.colors.hair, 5);
    }
    return;
  }
  scene.p.fill(cell, draw::blend(scene.colors.hair, 0.7F, scene.colors.panel));
  const float w = cell.w * static_cast<float>(std::clamp(sm.share, 0.0, 1.0));
  if (w >= 0.5F) {
    scene.p.fill({cell.x, cell.y, std::max(1.0F, w), cell.h}, progress_color(scene, sm, focus));
  }
}

/// Blocks done of all, or waves.
std::vector<std::string> blocks_words(const Scene& scene) {
  const scope::KernelRun& kernel = kernel_of(scene);
  const std::int64_t total = kernel.kernel->total_blocks();
  const double waves =
      static_cast<double>(total) / std::max(1, kernel.blocks_per_sm * scene.run().machine().chip.sm_count);
  const std::string blocks = scope::count_text(total);
  const std::string done = scope::count_text(scene.frame().blocks_done);
  const char* key = total == 1 ? "stage.gpu.one_block" : waves <= 1 ? "stage.gpu.one_wave" : "stage.gpu.waves";
  return {scene.ui.strings.format(key, {{"n", blocks}, {"w", fmt::format("{:.0f}", std::ceil(waves))}}),
          scene.ui.strings.format("stage.gpu.done", {{"n", done}, {"all", blocks}})};
}

void draw_legend(Scene& scene, Rect legend) {
  const scope::Frame& frame = scene.frame();
  const auto entry = [&](float x, float y, const std::string& words, int kind) {
    const Rect mark{x, y + 3, 14, 11};
    if (kind == 2) {
      scene.p.frame(mark, scene.colors.hair, 1);
      scene.p.hatch(mark.inset(1), scene.colors.hair, 5);
    } else {
      scene.p.fill(mark, draw::blend(scene.colors.hair, 0.7F, scene.colors.panel));
      scene.p.fill({mark.x, mark.y, 8, mark.h}, kind == 1 ? scene.colors.ink2 : scene.colors.edge);
    }
    return scene.p.text_within({x + 20, y}, legend.right() - x - 20, words, kSmall, scene.colors.ink2);
  };
  const std::string progress =
      frame.iteration >= 0 && frame.iteration <= frame.iterations && frame.iterations > 0
          ? scene.ui.strings.format("stage.gpu.kv_done",
                                    {{"n", std::to_string(frame.iteration)}, {"all", std::to_string(frame.iterations)}})
          : std::string(scene.words("stage.gpu.progress"));
  const Rect first = entry(legend.x, legend.y, progress, 0);
  const std::string idle(scene.words("stage.gpu.idle"));
  const float idle_width = scene.p.width_of(idle, kSmall) + 20;
  if (first.right() + 16 + idle_width <= legend.right()) {
    entry(legend.right() - idle_width, legend.y, idle, 2);
  }
  if (legend.h >= 36) {
    const bool heads = kernel_of(scene).kernel->slices > 1;
    entry(legend.x, legend.y + 19, std::string(scene.words(heads ? "stage.gpu.same" : "stage.gpu.same_one")), 1);
  }
}

void draw_grid(Scene& scene, const Rect& box) {
  const std::vector<SmState>& sms = scene.frame().sms;
  const auto n = static_cast<float>(sms.size());
  const float cols = std::ceil(std::sqrt(1.15F * n)), rows = std::ceil(n / cols);
  const float w = box.w / cols, h = std::min(box.h / rows, w * 0.8F);
  const float gap = w >= 12 ? 4.0F : w >= 8 ? 2.0F : 1.0F;
  const auto focus = static_cast<std::size_t>(scene.frame().cursor.place.sm);
  Rect framed;
  for (std::size_t i = 0; i < sms.size(); ++i) {
    const auto row = static_cast<float>(i / static_cast<std::size_t>(cols));
    const auto col = static_cast<float>(i % static_cast<std::size_t>(cols));
    const Rect cell{box.x + col * w + gap / 2, box.y + row * h + gap / 2, w - gap, h - gap};
    draw_cell(scene, cell, sms[i], i == focus);
    touch_sm(scene, i, {box.x + col * w, box.y + row * h, w, h}, sms[i]);
    if (i == focus) {
      framed = cell;
    }
  }
  if (!framed.empty()) {
    draw::now_frame(scene.p, framed);
  }
}

void draw_rows(Scene& scene, const Rect& box) {
  const std::vector<SmState>& sms = scene.frame().sms;
  const float h = std::min(30.0F, box.h / static_cast<float>(std::max<std::size_t>(1, sms.size())));
  const auto focus = static_cast<std::size_t>(scene.frame().cursor.place.sm);
  for (std::size_t i = 0; i < sms.size(); ++i) {
    const Rect row{box.x, box.y + static_cast<float>(i) * h, box.w, h};
    const float y = row.center().y - 10;
    const bool here = i == focus;
    const Rect name =
        scene.p.text({row.x + 6, y}, fmt::format("SM {}", i), here ? kDenseBold : kDense, scene.colors.ink);
    const float bar = std::clamp(row.w * 0.3F, 40.0F, 90.0F);
    const std::string words = sms[i].busy ? block_words(scene, sms[i]) : std::string(scene.words("stage.gpu.idle"));
    scene.p.text_within({name.x + 54, y + 1}, row.w - 60 - bar - 16, words, kSmall, scene.colors.ink2);
    draw_cell(scene, {row.right() - bar - 6, row.center().y - 6, bar, 12}, sms[i], here);
    if (here) {
      scene.p.frame(row.inset(0, 1), scene.colors.ink, 2);
    }
    touch_sm(scene, i, row, sms[i]);
  }
}

}  // namespace

void draw_gpu(Scene& scene, const Rect& box) {
  scene.ui.card(box);
  Rect inner = box.inset(14, 6);
  Rect title = inner.cut_top(28, 4);
  const Rect name = scene.p.text({title.x, title.y + 2}, scene.words("stage.gpu"), kTitle, scene.colors.ink);
  first_that_fits(scene, {title.right(), title.y + 6}, title.right() - name.right() - 12, blocks_words(scene), kSmall,
                  scene.colors.ink2, draw::Align::right);
  const bool two = inner.h >= 150;
  const Rect legend = inner.cut_bottom(two ? 40 : 20, 6);
  if (scene.frame().sms.size() <= 8) {
    draw_rows(scene, inner);
  } else {
    draw_grid(scene, inner);
  }
  draw_legend(scene, legend);
}

void draw_gpu_list(Scene& scene, const Rect& box) {
  const bool dark = scene.colors.theme == draw::Theme::dark;
  scene.p.fill(box, dark ? scene.colors.background : scene.colors.raised, 5);
  Rect inner = box.inset(12, 8);
  const Rect title = inner.cut_top(20, 4);
  const std::string words = scene.ui.strings.format("stage.gpu.all", {{"n", std::to_string(scene.frame().sms.size())}});
  scene.p.text(Point{title.x, title.y}, words, kDenseBold, scene.colors.ink);
  if (scene.frame().sms.size() <= 8) {
    draw_rows(scene, inner);
  } else {
    draw_grid(scene, inner);
  }
}

}  // namespace views::on_stage
