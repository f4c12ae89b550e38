#include "ui/window/draw/svg.h"

#include <fmt/format.h>
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

#include <algorithm>
#include <iterator>

#include "ui/window/draw/shapes.h"
#include "ui/window/draw/utf8.h"

namespace draw {

namespace {

using Out = std::back_insert_iterator<std::string>;

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    const bool valid =
        c != 0xFFFD && (c >= 0x20 || c == '\t') && c != 0xFFFE && c != 0xFFFF && (c < 0xD800 || c > 0xDFFF);
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += valid ? text.substr(begin, at - begin) : "\xEF\xBF\xBD";
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

std::string png(const Pixels& pixels) {
  std::string bytes;
  const auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  static_assert(sizeof(Color) == 4);
  stbi_write_png_to_func(append, &bytes, pixels.cols, pixels.rows, 4, pixels.data.data(), pixels.cols * 4);
  return bytes;
}

std::string paint_of(std::string_view what, Color c) {
  std::string out = fmt::format(R"({}="#{:02x}{:02x}{:02x}")", what, c.r, c.g, c.b);
  if (c.a < 255) {
    out += fmt::format(R"( {}-opacity="{:.3g}")", what, c.a / 255.0);
  }
  return out;
}

// Corners from the top left, clockwise, along the axes.
bool is_rectangle(const std::vector<Point>& p) {
  return p.size() == 4 && p[0].y == p[1].y && p[1].x == p[2].x && p[2].y == p[3].y && p[3].x == p[0].x;
}

std::string rectangle(const std::vector<Point>& p, float radius) {
  std::string out = fmt::format(R"(<rect x="{:.6g}" y="{:.6g}" width="{:.6g}" height="{:.6g}")", p[0].x, p[0].y,
                                p[2].x - p[0].x, p[2].y - p[0].y);
  // Edges along the axes stay on whole pixels, as on the screen.
  return out + (radius > 0 ? fmt::format(R"( rx="{:.6g}")", radius) : R"( shape-rendering="crispEdges")");
}

std::string outline(const std::vector<Point>& points, bool closed) {
  std::string out = closed ? "<polygon points=\"" : "<polyline points=\"";
  for (const Point p : points) {
    fmt::format_to(Out(out), "{:.6g},{:.6g} ", p.x, p.y);
  }
  return out + '"';
}

std::string stroke_of(const LogEntry& entry) {
  std::string out =
      fmt::format(R"( fill="none" {} stroke-width="{:.6g}")", paint_of("stroke", entry.color), entry.thickness);
  if (entry.dash.on > 0) {
    out += fmt::format(R"( stroke-dasharray="{:.6g},{:.6g}")", entry.dash.on, entry.dash.off);
  }
  return out + "/>\n";
}

std::string stroke(const LogEntry& entry) {
  if (entry.closed && is_rectangle(entry.points)) {
    return rectangle(entry.points, entry.radius) + stroke_of(entry);
  }
  const auto& p = entry.points;
  const bool straight = p.size() == 2 && (p[0].x == p[1].x || p[0].y == p[1].y);
  return outline(p, entry.closed) + (straight ? R"( shape-rendering="crispEdges")" : R"( stroke-linejoin="round")") +
         stroke_of(entry);
}

std::string hatch(const LogEntry& entry) {
  std::string out = "<path d=\"";
  for_each_hatch_line(entry.box, entry.step, entry.falling, [&out](Point a, Point b) {
    fmt::format_to(Out(out), "M{:.6g} {:.6g}L{:.6g} {:.6g}", a.x, a.y, b.x, b.y);
  });
  return out + '"' + stroke_of(entry);
}

std::string text(const LogEntry& entry) {
  const Face face = entry.style.face;
  return fmt::format(
      R"(<text x="{:.6g}" y="{:.6g}" textLength="{:.6g}" font-family="{}" font-size="{:.6g}"{}{} {}>{}</text>)"
      "\n",
      entry.box.x, entry.box.y + ascent(entry.style), entry.box.w,
      face == Face::mono ? "'JetBrains Mono', 'Noto Sans CJK SC', monospace" : "Inter, 'Noto Sans CJK SC', sans-serif",
      entry.style.px, face == Face::semibold ? R"( font-weight="600")" : "",
      face == Face::italic ? R"( font-style="italic")" : "", paint_of("fill", entry.color), escaped(entry.text));
}

std::string image(const LogEntry& entry) {
  return fmt::format(R"(<image x="{:.6g}" y="{:.6g}" width="{:.6g}" height="{:.6g}" preserveAspectRatio="none" )"
                     R"(style="image-rendering:pixelated" href="data:image/png;base64,{}"/>)"
                     "\n",
                     entry.box.x, entry.box.y, entry.box.w, entry.box.h, base64(png(entry.pixels)));
}

std::string shape(const LogEntry& entry) {
  switch (entry.kind) {
    case LogEntry::Kind::fill:
      return (is_rectangle(entry.points) ? rectangle(entry.points, entry.radius) : outline(entry.points, true)) + ' ' +
             paint_of("fill", entry.color) + "/>\n";
    case LogEntry::Kind::stroke: return stroke(entry);
    case LogEntry::Kind::text: return text(entry);
    case LogEntry::Kind::image: return image(entry);
    case LogEntry::Kind::hatch: return hatch(entry);
  }
  return {};
}

// Opens and closes groups, so that neighbours with the same clip share one.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void put(const LogEntry& entry) {
    if (!entry.clip.overlaps(entry.box)) {
      return;
    }
    if (open_ && !(current_ == entry.clip)) {
      close();
    }
    if (!open_ && !entry.clip.contains(entry.box)) {
      open(entry.clip);
    }
    out_ += shape(entry);
  }
  void close() {
    out_ += open_ ? "</g>\n" : "";
    open_ = false;
  }

 private:
  void open(const Rect& clip) {
    auto found = std::find(clips_.begin(), clips_.end(), clip);
    const auto number = found - clips_.begin();
    if (found == clips_.end()) {
      clips_.push_back(clip);
      fmt::format_to(Out(out_),
                     R"(<clipPath id="clip{}"><rect x="{:.6g}" y="{:.6g}" width="{:.6g}" height="{:.6g}"/></clipPath>)"
                     "\n",
                     number, clip.x, clip.y, clip.w, clip.h);
    }
    fmt::format_to(Out(out_), "<g clip-path=\"url(#clip{})\">\n", number);
    current_ = clip;
    open_ = true;
  }

  std::string& out_;
  std::vector<Rect> clips_;
  Rect current_;
  bool open_ = false;
};

}  // namespace

std::string to_svg(const Log& log, float width, float height, Color background) {
  std::string out = fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>)"
      "\n"
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.6g}" height="{1:.6g}" viewBox="0 0 {0:.6g} {1:.6g}" )"
      R"(xml:space="preserve" style="white-space:pre;font-kerning:none;font-variant-ligatures:none">)"
      "\n"
      R"(<rect width="{0:.6g}" height="{1:.6g}" {2}/>)"
      "\n",
      width, height, paint_of("fill", background));
  std::vector<const LogEntry*> order;
  for (const LogEntry& entry : log) {
    order.push_back(&entry);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->layer < b->layer; });
  Writer writer(out);
  for (const LogEntry* entry : order) {
    writer.put(*entry);
  }
  writer.close();
  return out + "</svg>\n";
}

}  // namespace draw
