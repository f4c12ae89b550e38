// Names and numbers as the stage writes them, and text that gives way where there is no room.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ui/window/views/stage_scene.h"

namespace views::on_stage {

char letter(Family family) {
  constexpr char kLetters[] = "QKVSPOm ";
  return kLetters[static_cast<std::size_t>(family)];
}

std::string underlined(Family family, const std::string& rich) {
  return family == Family::none || family == Family::statistic ? rich : fmt::format("[{}:{}]", letter(family), rich);
}

std::string tensor_name(const std::string& plain) {
  const std::size_t at = plain.find('_');
  const std::string first = plain.substr(0, at);
  const std::string symbol = first == "l" ? "*ℓ*" : first == "m" ? "*m*" : first;
  return at == std::string::npos ? symbol : symbol + "_{" + plain.substr(at + 1) + "}";
}

std::string tile_name(const MatrixPlace& place, std::int32_t row, std::int32_t col) {
  const scope::MatrixInfo& info = place.info;
  const std::int32_t i = row / info.tile_rows, j = col / info.tile_cols;
  if (info.name.find('_') != std::string::npos) {
    return tensor_name(info.name);
  }
  const std::string name = tensor_name(info.name);
  return info.across() > 1 ? fmt::format("{}_{{{},{}}}", name, i, j) : fmt::format("{}_{{{}}}", name, i);
}

namespace {

std::string three_digits(double value) {
  if (value == std::floor(value) || value >= 99.95) {
    return fmt::format("{:.0f}", value);
  }
  return value >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

struct Unit {
  double bytes;
  const char* name;
};
Unit unit_for(double bytes) {
  constexpr double kKiB = 1024;
  return bytes < 2 * kKiB                 ? Unit{1, "B"}
         : bytes < 2 * kKiB * kKiB        ? Unit{kKiB, "KiB"}
         : bytes < 2 * kKiB * kKiB * kKiB ? Unit{kKiB * kKiB, "MiB"}
                                          : Unit{kKiB * kKiB * kKiB, "GiB"};
}

}  // namespace

std::string capacity(double bytes) {
  const Unit unit = unit_for(bytes);
  return three_digits(bytes / unit.bytes) + " " + unit.name;
}

std::string part_of_capacity(const Scene& scene, double bytes, double of) {
  const Unit unit = unit_for(of);
  return scene.ui.strings.format(
      "stage.of_capacity",
      {{"part", three_digits(bytes / unit.bytes)}, {"whole", three_digits(of / unit.bytes)}, {"unit", unit.name}});
}

std::string size_words(const sim::Shape& shape) {
  return scope::count_text(shape.rows) + " × " + scope::count_text(shape.cols);
}

Rect first_that_fits(Scene& scene, Point at, float width, const std::vector<std::string>& rich, const TextStyle& style,
                     Color color, draw::Align align) {
  const int which = last_fit(scene, rich, style, width);
  if (which < 0) {
    return {at.x, at.y, 0, 0};
  }
  return draw::rich(scene.p, at, rich[static_cast<std::size_t>(which)], style, color, 0, align);
}

int last_fit(const Scene& scene, const std::vector<std::string>& rich, const TextStyle& style, float width) {
  for (std::size_t i = 0; i < rich.size(); ++i) {
    if (!rich[i].empty() && draw::rich_width(rich[i], style, scene.p.scale()) <= width) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

// ---- The block's title ----
namespace {

/// What a block writes: the rectangle around its stores to the tensor that it stores last but for statistics.
struct Written {
  const sim::TensorInfo* tensor = nullptr;
  std::int32_t row = 0, row_end = 0, col = 0, col_end = 0;
};

Written written_by(const Scene& scene) {
  constexpr std::size_t kOpsMax = 4096;  // from the end: where results are stored
  const auto& ops = scene.frame().trace->trace->ops;
  const auto& tensors = scene.run().plan().tensors;
  Written w;
  for (std::size_t i = ops.size(); i-- > (ops.size() > kOpsMax ? ops.size() - kOpsMax : 0);) {
    const sim::Op& op = ops[i];
    if (!sim::writes_hbm(op.kind)) {
      continue;
    }
    const sim::TensorInfo& tensor = tensors[op.tensor];
    if (scope::family_of(tensor.name) == Family::statistic && w.tensor == nullptr) {
      continue;
    }
    if (w.tensor == nullptr) {
      w = {&tensor, op.row, op.row + op.shape.rows, op.col, op.col + op.shape.cols};
    } else if (w.tensor == &tensor) {
      w.row = std::min(w.row, op.row), w.row_end = std::max(w.row_end, op.row + op.shape.rows);
      w.col = std::min(w.col, op.col), w.col_end = std::max(w.col_end, op.col + op.shape.cols);
    }
  }
  return w;
}

std::string from_to(const Scene& scene, const char* one, const char* many, std::int32_t begin, std::int32_t end) {
  if (end - begin == 1) {
    return scene.ui.strings.format(one, {{"a", scope::count_text(begin)}});
  }
  return scene.ui.strings.format(many, {{"a", scope::count_text(begin)}, {"b", scope::count_text(end - 1)}});
}

std::string head_words(const Scene& scene) {
  const sim::Problem& problem = scene.run().problem();
  const std::int32_t slice = scene.frame().at.slice;
  const auto& kernel = *scene.run().kernels()[static_cast<std::size_t>(scene.frame().at.kernel)].kernel;
  if (kernel.slices <= 1) {
    return {};
  }
  // Kernels that pack the heads of a group have a slice per K/V head.
  const std::int32_t heads = kernel.slices / std::max(1, problem.batch);
  const bool packed = heads != problem.heads;
  const std::string head = scene.ui.strings.format(packed ? "stage.kv_head" : "stage.head",
                                                   {{"h", std::to_string(heads > 0 ? slice % heads : slice)}});
  return problem.batch <= 1
             ? head
             : scene.ui.strings.format("stage.in_batch", {{"b", std::to_string(slice / heads)}, {"head", head}});
}

std::string numbers_words(const Scene& scene) {
  const Focus& focus = scene.focus;
  const auto& kernel = *scene.run().kernels()[static_cast<std::size_t>(scene.frame().at.kernel)].kernel;
  if (focus.i < 0 || kernel.blocks <= 1) {
    return {};
  }
  return fmt::format(" (*i* = {})", focus.i);
}

}  // namespace

std::string block_title(const Scene& scene, int shortness) {
  const scope::At& at = scene.frame().at;
  if (at.idle) {
    return std::string(scene.words("stage.idle"));
  }
  const Written w = written_by(scene);
  std::string what = head_words(scene);
  const std::string comma(scene.words("stage.comma"));
  if (w.tensor != nullptr) {
    const bool temporary = w.tensor->role == sim::TensorRole::scratch;
    const std::string rows = from_to(scene, "stage.row", "stage.rows", w.row, w.row_end);
    what += (what.empty() ? "" : comma) +
            (temporary ? scene.ui.strings.format(
                             "stage.part_of",
                             {{"rows", rows},
                              {"tensor", underlined(scope::family_of(w.tensor->name), tensor_name(w.tensor->name))}})
                       : rows);
    if (w.col_end - w.col < w.tensor->tensor.shape.cols && shortness < 2) {
      what += comma + from_to(scene, "stage.column", "stage.columns", w.col, w.col_end);
    }
  }
  if (shortness < 1) {
    what += numbers_words(scene);
  }
  return shortness < 2 ? scene.ui.strings.format("stage.block", {{"what", what}}) : what;
}

}  // namespace views::on_stage
