// Bytes that have passed the boundaries between levels so far: counters in the gaps, and the table.
#include <fmt/format.h>

#include <algorithm>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

namespace {

using scope::Boundary;

std::int64_t end_of(const Scene& scene, Boundary boundary, bool write) {
  return scene.run().bytes_at(scene.run().end_us(), boundary, write);
}

std::string bytes(std::int64_t n) { return scope::bytes_text(static_cast<double>(n)); }

draw::Badge badge_of(Boundary boundary) {
  return boundary == Boundary::smem ? draw::Badge::exact : draw::Badge::modelled;
}

void hover_counter(Scene& scene, Boundary boundary) {
  const double t = scene.frame().cursor.t_us;
  draw::HoverCard card;
  card.title = std::string(scene.words(boundary == Boundary::smem ? "stage.boundary.smem" : "stage.boundary.dram"));
  for (const bool write : {false, true}) {
    const std::string now = scope::count_text(scene.run().bytes_at(t, boundary, write));
    const std::string end = scope::count_text(end_of(scene, boundary, write));
    card.rows.push_back(
        {std::string(scene.words(write ? "word.written" : "word.read")),
         scene.ui.strings.format("stage.of_total", {{"now", "`" + now + "` B"}, {"end", "`" + end + "` B"}})});
  }
  card.source =
      std::string(scene.words(boundary == Boundary::smem ? "stage.boundary.smem.rule" : "stage.boundary.dram.rule"));
  card.badge = badge_of(boundary);
  scene.ui.hover(card);
}

/// "read 16.8 MB  written 0 B" and the badge, on one line.
void draw_counter(Scene& scene, const Rect& box, Boundary boundary) {
  if (box.empty()) {
    return;
  }
  const double t = scene.frame().cursor.t_us;
  const std::string read = bytes(scene.run().bytes_at(t, boundary, false));
  const std::string written = bytes(scene.run().bytes_at(t, boundary, true));
  const float y = box.center().y - 10;
  float x = box.x + 12;
  const TextStyle number{box.w >= 330 && box.h >= 28 ? 18.0F : 15.0F, draw::Face::mono};
  const auto width = [&](const char* key, const std::string& value) {
    return scene.p.width_of(scene.words(key), kSmall) + 6 + scene.p.width_of(value, number) + 14;
  };
  const float room = box.right() - 2 - x - width("word.read", read) - width("word.written", written);
  const std::string_view word = scene.words(boundary == Boundary::smem ? "badge.exact" : "badge.modelled");
  Rect badge{box.right() - 18, 0, 0, 0};
  if (room >= scene.p.width_of(word, kSmall) + 24) {
    badge = scene.ui.badge_with_word(badge_of(boundary), {box.right() - 2, y + 1}, draw::Align::right);
  } else {
    draw::badge(scene.p, badge_of(boundary), {box.right() - 18, y + 3}, scene.colors.ink2);
  }
  const auto pair = [&](const char* key, const std::string& value) {
    if (x + width(key, value) - 14 > badge.x - 6) {
      return;
    }
    const Rect label = scene.p.text({x, y + 2}, scene.words(key), kSmall, scene.colors.ink2);
    scene.p.text({label.right() + 6, label.center().y - draw::line_height(number) / 2}, value, number,
                 scene.colors.ink);
    x += width(key, value);
  };
  pair("word.read", read);
  pair("word.written", written);
  if (scene.ui.touch(scene.name(boundary == Boundary::smem ? "counter.smem" : "counter.dram"), box).hovered) {
    hover_counter(scene, boundary);
  }
}

/// In the rail, beside the gap: two lines.
void draw_rail_counter(Scene& scene, const Rect& gap, Boundary boundary) {
  if (gap.empty() || scene.areas.rail.empty() || gap.h < 38) {
    return;
  }
  const Rect& rail = scene.areas.rail;
  const double t = scene.frame().cursor.t_us;
  float y = gap.center().y - 18;
  for (const bool write : {false, true}) {
    const std::string_view label = scene.words(write ? "word.written" : "word.read");
    scene.p.text({rail.x + 14, y}, label, kSmall, scene.colors.ink2);
    scene.p.text({rail.right() - 26, y}, bytes(scene.run().bytes_at(t, boundary, write)), kSmallMono, scene.colors.ink,
                 draw::Align::right);
    y += 18;
  }
  draw::badge(scene.p, badge_of(boundary), {rail.right() - 21, gap.center().y - 7}, scene.colors.ink2);
  if (scene.ui
          .touch(scene.name(boundary == Boundary::smem ? "counter.smem" : "counter.dram"),
                 {rail.x, gap.y, rail.w, gap.h})
          .hovered) {
    hover_counter(scene, boundary);
  }
}

}  // namespace

void draw_counters(Scene& scene) {
  const Areas& areas = scene.areas;
  if (areas.right) {
    draw_counter(scene, areas.upper_counter, Boundary::smem);
    draw_counter(scene, areas.lower_counter, Boundary::dram);
  } else if (areas.gpu_in_card) {
    draw_rail_counter(scene, areas.upper_gap, Boundary::smem);
    draw_rail_counter(scene, areas.lower_gap, Boundary::dram);
  }
}

// ---- The table ----
namespace {

struct Amount {
  std::int64_t now = 0, end = 0;
};

Amount amount_of(const Scene& scene, sim::TensorId tensor, Boundary boundary) {
  const scope::TensorBytes& now = scene.frame().bytes[tensor];
  const bool smem = boundary == Boundary::smem;
  return {smem ? now.smem_read + now.smem_write : now.dram_read + now.dram_write,
          scene.run().bytes(tensor, boundary, false).total() + scene.run().bytes(tensor, boundary, true).total()};
}

struct Table {
  Scene& scene;
  Rect box;
  float hbm_x, smem_x, column;
  bool dense;  // rows are low

  void number(float right, float y, const Amount& amount, Family family) const {
    const std::string text = amount.end == 0 ? "·" : bytes(amount.now);
    scene.p.text({right, y}, text, dense ? kSmallMono : kDenseMono, scene.colors.ink, draw::Align::right);
    if (amount.end <= 0) {
      return;
    }
    const float share = static_cast<float>(static_cast<double>(amount.now) / static_cast<double>(amount.end));
    const Rect line{right - column, y + (dense ? 17.0F : 21.0F), column, 2};
    scene.p.fill(line, scene.colors.hair);
    scene.p.fill({line.x, line.y, line.w * std::clamp(share, 0.0F, 1.0F), 2}, scene.colors.of(family).line);
  }
};

void hover_row(Scene& scene, const scope::MatrixInfo& info) {
  draw::HoverCard card;
  card.title = underlined(info.family, tensor_name(info.name));
  if (!info.tensor) {
    card.rows.push_back({std::string(scene.words("stage.hover.stays")), "`0` B"});
    card.badge = draw::Badge::exact;
    scene.ui.hover(card);
    return;
  }
  const scope::TensorBytes& now = scene.frame().bytes[*info.tensor];
  const auto row = [&](const char* key, std::int64_t n, Boundary boundary, bool write) {
    const std::int64_t end = scene.run().bytes(*info.tensor, boundary, write).total();
    card.rows.push_back({std::string(scene.words(key)),
                         scene.ui.strings.format("stage.of_total", {{"now", "`" + scope::count_text(n) + "` B"},
                                                                    {"end", "`" + scope::count_text(end) + "` B"}})});
  };
  row("stage.hover.smem_read", now.smem_read, Boundary::smem, false);
  row("stage.hover.smem_write", now.smem_write, Boundary::smem, true);
  row("stage.hover.dram_read", now.dram_read, Boundary::dram, false);
  row("stage.hover.dram_write", now.dram_write, Boundary::dram, true);
  card.source = std::string(scene.words("stage.hover.bytes_rule"));
  scene.ui.hover(card);
}

void draw_row(Scene& scene, const Table& table, const scope::MatrixInfo& info, float y, float h) {
  const Rect row{table.box.x, y, table.box.w, h};
  const Family family = info.family;
  const float text = y + (h - (table.dense ? 18 : 22)) / 2 - 1;
  const bool chosen = scene.c.view.chosen.kind == scope::Chosen::Kind::tensor && scene.c.view.chosen.name == info.name;
  if (chosen) {
    scene.p.fill(row.inset(-6, 0), scene.colors.of(family).tint, 3);
  }
  scene.p.fill({row.x, text + (table.dense ? 3 : 4), 12, 12},
               family == Family::none ? scene.colors.edge : scene.colors.of(family).fill);
  const float room = table.hbm_x - table.column - row.x - 26;
  first_that_fits(scene, {row.x + 20, text}, room, {tensor_name(info.name), tensor_name(info.name.substr(0, 6))},
                  table.dense ? kSmallBold : kDenseBold, scene.colors.ink);
  if (info.tensor) {
    table.number(table.hbm_x, text, amount_of(scene, *info.tensor, Boundary::dram), family);
    table.number(table.smem_x, text, amount_of(scene, *info.tensor, Boundary::smem), family);
  } else {
    first_that_fits(scene, {table.smem_x, text + (table.dense ? 0 : 2)}, table.smem_x - row.x - 50,
                    {std::string(scene.words("stage.zero_registers")), "0 B"}, kSmall, scene.colors.ink2,
                    draw::Align::right);
  }
  const auto touch = scene.ui.touch(scene.name("bytes." + info.name), row);
  if (touch.hovered) {
    hover_row(scene, info);
  }
  if (touch.pressed) {
    scene.c.view.chosen = {scope::Chosen::Kind::tensor, info.name, 0, 0};
  }
}

/// What standard attention would move of S and P, by its closed forms: beside an algorithm that keeps both on the chip.
std::int64_t standard_bytes(const scope::Run& run) {
  const auto forms = sim::closed_forms("standard", run.problem(), run.schedule(), run.machine());
  std::int64_t sum = 0;
  for (const char* counter : {"S.read_bytes", "S.write_bytes", "P.read_bytes", "P.write_bytes"}) {
    sum += sim::find_closed_form(forms, std::string("two_level.by_tensor.") + counter).value;
  }
  return sum;
}

bool has_standard(const Scene& scene) {
  const MatrixPlace *s = scene.place_of(Family::s), *p = scene.place_of(Family::p);
  return s != nullptr && p != nullptr && s->ghost() && p->ghost() && scene.place_of(Family::q) != nullptr;
}

void draw_standard(Scene& scene, const Rect& box) {
  if (box.h < 45 || !has_standard(scene)) {
    return;
  }
  const std::int64_t sum = standard_bytes(scene.run());
  scene.p.fill({box.x, box.bottom() - 44, box.w, 1}, scene.colors.hair);
  const Rect number =
      scene.p.text({box.right(), box.bottom() - 32}, bytes(sum), kDenseMono, scene.colors.ink, draw::Align::right);
  const float room = number.x - box.x - 12;
  scene.p.text_within({box.x, box.bottom() - 40}, room, scene.words("stage.standard.first"), kSmall, scene.colors.ink2);
  scene.p.text_within({box.x, box.bottom() - 22}, room, scene.words("stage.standard.second"), kSmall,
                      scene.colors.ink2);
}

std::vector<std::string> titles(const Scene& scene) {
  const sim::Problem& problem = scene.run().problem();
  const std::string plain(scene.words("stage.bytes"));
  const std::int32_t slices = problem.slices();
  if (slices <= 1 || scene.places.empty()) {
    return {plain};
  }
  return {scene.ui.strings.format(problem.batch > 1 ? "stage.bytes_heads_batch" : "stage.bytes_heads",
                                  {{"h", std::to_string(problem.heads)}, {"b", std::to_string(problem.batch)}}),
          plain};
}

}  // namespace

void draw_bytes(Scene& scene) {
  const Rect& card = scene.areas.bytes;
  scene.ui.card(card);
  Rect inner = card.inset(14, 6);
  Rect title = inner.cut_top(30);
  first_that_fits(scene, {title.x, title.y + 3}, title.w, titles(scene), kTitle, scene.colors.ink);
  const float column = std::clamp(inner.w * 0.26F, 66.0F, 110.0F);
  Rect head = inner.cut_top(20, 2);
  const std::vector<scope::MatrixInfo> infos = scope::matrices(scene.run());
  const float reserve = has_standard(scene) && inner.h >= 46 + 21 * static_cast<float>(infos.size()) ? 46.0F : 0.0F;
  const float h =
      std::clamp((inner.h - reserve) / static_cast<float>(std::max<std::size_t>(1, infos.size())), 20.0F, 30.0F);
  const Table table{scene, inner, inner.right() - column - 24, inner.right(), column, h < 24};
  const auto heading = [&](float right, const char* key, draw::Badge badge) {
    const Rect words = scene.p.text({right, head.y}, scene.words(key), kSmall, scene.colors.ink2, draw::Align::right);
    draw::badge(scene.p, badge, {words.x - 18, head.y + 1}, scene.colors.ink2);
  };
  heading(table.hbm_x, "level.hbm", draw::Badge::modelled);
  heading(table.smem_x, "level.smem", draw::Badge::exact);
  scene.p.fill({inner.x, head.bottom(), inner.w, 1}, scene.colors.hair);
  // In the order of the plan, not of the picture.
  float y = inner.y;
  for (const scope::MatrixInfo& info : infos) {
    if (y + h > inner.bottom() + 2) {
      break;
    }
    draw_row(scene, table, info, y, h);
    y += h;
  }
  draw_standard(scene, {inner.x, y, inner.w, inner.bottom() - y});
}

}  // namespace views::on_stage
