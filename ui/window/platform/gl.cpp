#include "ui/window/platform/gl.h"

#include <dlfcn.h>
#include <epoxy/gl.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#if __has_include(<backends/imgui_impl_opengl3.h>)
#include <backends/imgui_impl_opengl3.h>
#else
#include <imgui_impl_opengl3.h>
#endif

#include "sim/base/error.h"
#include "ui/window/draw/painter.h"

namespace platform {
namespace {

std::uint64_t create_texture(const draw::Pixels& pixels) {
  GLuint texture = 0;
  GLint before = 0;
  glGetIntegerv(GL_TEXTURE_BINDING_2D, &before);
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  static_assert(sizeof(draw::Color) == 4);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, pixels.cols, pixels.rows, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data.data());
  glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(before));
  return texture;
}

void destroy_texture(std::uint64_t id) {
  const auto texture = static_cast<GLuint>(id);
  glDeleteTextures(1, &texture);
}

void upload_new_glyphs() {
  const draw::GlyphRows rows = draw::take_new_glyph_rows();
#if IMGUI_VERSION_NUM < 19200
  if (rows.first == rows.end) {
    return;
  }
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.GetTexDataAsRGBA32(&pixels, &width, &height);
  glBindTexture(GL_TEXTURE_2D, (GLuint)(std::intptr_t)atlas.TexID);  // NOLINT: a pointer until 1.91.3
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
  glTexSubImage2D(GL_TEXTURE_2D, 0, 0, rows.first, width, rows.end - rows.first, GL_RGBA, GL_UNSIGNED_BYTE,
                  pixels + 4 * static_cast<std::ptrdiff_t>(rows.first) * width);
#else
  static_cast<void>(rows);
#endif
}

}  // namespace

bool has_gl33() { return epoxy_is_desktop_gl() && epoxy_gl_version() >= 33; }

Renderer::Renderer() {
  for (const char* library : {"libGL.so.1", "libOpenGL.so.0", "libEGL.so.1", "libGLX.so.0"}) {
    dlopen(library, RTLD_LAZY | RTLD_NODELETE);  // ImGui closes it, but keeps pointers to its functions
  }
  if (!ImGui_ImplOpenGL3_Init("#version 330 core")) {
    throw sim::Error("graphics", "OpenGL's functions could not be loaded", "install libgl1 and libgl1-mesa-dri");
  }
  draw::set_texture_hooks({create_texture, destroy_texture});
}

Renderer::~Renderer() {
  draw::set_texture_hooks({});
  ImGui_ImplOpenGL3_Shutdown();
}

void Renderer::begin_frame(bool fonts_are_new) {
  ImGui_ImplOpenGL3_NewFrame();  // the first time, this uploads the fonts
#if IMGUI_VERSION_NUM < 19200
  if (fonts_are_new && uploaded_) {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }
#else
  static_cast<void>(fonts_are_new);
#endif
  uploaded_ = true;
}

void Renderer::draw(ImDrawData* data, const Canvas& canvas, std::uint32_t background) {
  const auto channel = [background](unsigned shift) { return static_cast<float>(background >> shift & 0xFFU) / 255; };
  canvas.bind();
  glViewport(0, 0, canvas.width(), canvas.height());
  glDisable(GL_SCISSOR_TEST);
  glClearColor(channel(16), channel(8), channel(0), 1);
  glClear(GL_COLOR_BUFFER_BIT);
  upload_new_glyphs();
  ImGui_ImplOpenGL3_RenderDrawData(data);
}

Canvas::~Canvas() {
  if (frame_ != 0) {
    glDeleteFramebuffers(1, &frame_);
    glDeleteRenderbuffers(1, &colors_);
  }
}

void Canvas::resize(int width, int height) {
  if (width == width_ && height == height_) {
    return;
  }
  GLint largest = 0;
  glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &largest);
  if (width < 1 || height < 1 || std::max(width, height) > largest) {
    throw sim::Error("picture size", fmt::format("{}x{}", width, height),
                     fmt::format("from 1x1 to {}x{} here", largest, largest));
  }
  if (frame_ == 0) {
    glGenFramebuffers(1, &frame_);
    glGenRenderbuffers(1, &colors_);
  }
  glBindRenderbuffer(GL_RENDERBUFFER, colors_);
  glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
  glBindFramebuffer(GL_FRAMEBUFFER, frame_);
  glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colors_);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    throw sim::Error("graphics", fmt::format("OpenGL refuses to draw {}x{} pixels", width, height), "try fewer");
  }
  width_ = width, height_ = height;
}

void Canvas::bind() const { glBindFramebuffer(GL_FRAMEBUFFER, frame_); }

void Canvas::copy_to_window() const {
  glBindFramebuffer(GL_READ_FRAMEBUFFER, frame_);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
  glDisable(GL_SCISSOR_TEST);
  glBlitFramebuffer(0, 0, width_, height_, 0, 0, width_, height_, GL_COLOR_BUFFER_BIT, GL_NEAREST);
}

std::vector<std::uint8_t> Canvas::read() const {
  const auto row = 4 * static_cast<std::ptrdiff_t>(width_);
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(row * height_));
  bind();
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width_, height_, GL_RGBA, GL_UNSIGNED_BYTE, rows.data());
  for (int top = 0, bottom = height_ - 1; top < bottom; ++top, --bottom) {  // OpenGL's first row is the lowest
    std::swap_ranges(rows.begin() + row * top, rows.begin() + row * (top + 1), rows.begin() + row * bottom);
  }
  for (std::size_t alpha = 3; alpha < rows.size(); alpha += 4) {
    rows[alpha] = 255;  // what is drawn with alpha leaves it in the buffer
  }
  return rows;
}

}  // namespace platform
