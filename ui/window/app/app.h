// The window's contents: one object that takes keys and time, and draws a frame. It knows neither GLFW nor GL: the
// platform shows what it draws, pictures and tests drive it the same way.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "ui/scope/evidence.h"
#include "ui/scope/view.h"
#include "ui/window/app/commands.h"
#include "ui/window/app/layout.h"
#include "ui/window/app/run_loader.h"
#include "ui/window/app/settings.h"
#include "ui/window/app/topbar.h"
#include "ui/window/draw/ui.h"
#include "ui/window/views/context.h"

namespace app {

/// What the platform does for the app. Any may be empty.
struct Hooks {
  std::function<void(const std::string&)> set_clipboard;
  std::function<std::string()> get_clipboard;
  /// Saves what is on the screen; returns the file's name. Throws sim::Error.
  std::function<std::string(const std::string& name)> save_picture;
};

struct Options {
  std::string assets;
  Settings settings;
  bool background = true;    ///< simulate in a thread
  bool files = true;         ///< may write CSV, scenarios and settings
  std::string folder = ".";  ///< where saved files go
  Hooks hooks;
};

/// A message over the picture: an error, or what was done.
struct Notice {
  std::string title, detail, hint;
  bool error = false;
  double shown_s = 0;
};

class App {
 public:
  /// Throws sim::Error if the strings can't be read.
  explicit App(Options options);
  ~App();

  // ---- What is shown ----
  void open(const sim::Scenario& scenario);  ///< the view comes with it
  /// A scenario's text, or a file's path. Never throws: says what is wrong in the window.
  void open_text(const std::string& text, const std::string& source);
  void open_file(const std::string& path);
  sim::Scenario present() const;  ///< with the view as it stands
  /// Sets a field of the scenario ("block_q", "64") or a number of its machine, and simulates again.
  void set(const std::string& key, const std::string& value);
  /// Waits for a simulation that is at work.
  void settle();

  // ---- A frame ----
  /// Before ImGui::NewFrame. True if the font atlas is new and must be uploaded.
  bool prepare(float width_px, float height_px, float display_scale);
  /// Between NewFrame and Render. `seconds` since the last frame.
  void frame(double seconds, std::span<const KeyPress> keys);
  bool animating() const;
  bool wants_quit() const { return quit_; }
  bool simulating() const { return loader_.busy(); }
  bool sweeping() const { return sweep_ && !sweep_->done(); }
  float scale() const;  ///< physical px per px

  // ---- State ----
  void run_command(std::string_view name);
  const scope::Run* run() const { return run_.get(); }
  const scope::Run* second_run() const { return second_.get(); }
  const scope::View& view() const { return view_; }
  scope::View& view() { return view_; }
  Settings& settings() { return settings_; }
  draw::UiState& ui_state() { return ui_; }
  const scope::Strings& strings() const { return strings_; }
  void show_error(const sim::Error& error) { complain(error.where(), error.message(), error.hint()); }
  /// Why the newest request does not run; empty if it does.
  sim::Error failure() const;
  const std::optional<Notice>& notice() const { return notice_; }
  bool help_open() const { return help_open_; }
  bool palette_open() const { return palette_open_; }
  Layout layout_now() const;
  void set_log(draw::Log* log) { ui_.log = log; }
  const KeyMap& keys() const { return keys_; }

 private:
  // app.cpp
  void take_results();
  void request();
  void take_run(RunLoader::Result result);
  void take_second(RunLoader::Result result);
  void request_second();
  void carry_out(views::Actions& actions);
  void edit(const std::function<void(sim::Scenario&)>& change);
  void say(const std::string& key, const std::string& detail = {});
  void complain(const std::string& where, const std::string& message, const std::string& hint);
  Screen screen() const;
  bool starts_closed() const;
  void flip_panels(bool flip);
  // app_keys.cpp
  void handle_keys(std::span<const KeyPress> keys);
  bool step_command(std::string_view name);
  bool place_command(std::string_view name);
  bool view_command(std::string_view name);
  bool panel_command(std::string_view name);
  bool file_command(std::string_view name);
  void glide_to(const scope::Cursor& cursor, double seconds);
  void step(scope::StepUnit unit, int direction);
  void resume(int direction);
  void zoom_timeline(double factor, double shift);
  void to_last_writer();
  bool size_command(std::string_view name);
  void set_dock_open(bool open);
  void next_right_panel();
  void clear();
  void save_csv();
  bool palette_key(const KeyPress& press);
  // app_time.cpp
  void move_on(double seconds);
  void compute_sweep();
  // app_draw.cpp
  void draw_all(draw::Painter& painter);
  void draw_main(views::Context& context, const Layout& at);
  void draw_right(views::Context& context, const Layout& at);
  void draw_tab(views::Context& context, const draw::Rect& area);
  void draw_compare(views::Context& context, const Layout& at);
  void draw_splitters(draw::Ui& ui, const Layout& at);
  void draw_overlays(draw::Ui& ui, const draw::Rect& window, views::Actions& actions);
  void draw_without_run(draw::Ui& ui, const draw::Rect& window, views::Actions& actions);
  void draw_top(draw::Ui& ui, const Layout& at, views::Actions& actions);
  void draw_left(draw::Ui& ui, const Layout& at, views::Actions& actions);
  BarInput bar_input(const Layout& at, views::Actions& actions);

  Options options_;
  Settings settings_;
  scope::Strings strings_;
  KeyMap keys_;
  RunLoader loader_, second_loader_;
  Lists lists_;
  std::string base_machine_name_;
  sim::Machine base_machine_;  ///< as its file has it
  sim::Scenario scenario_;     ///< as asked for; the run's may be older
  std::shared_ptr<scope::Run> run_, second_;
  scope::View view_, second_view_;
  std::string second_asked_;  ///< what the second run was made of
  std::optional<scope::Sweep> sweep_;
  std::string sweep_of_;  ///< scenario and key it was made for
  draw::UiState ui_;
  std::optional<Notice> notice_;
  std::optional<RunLoader::Result> failed_;  ///< the newest request, if it can't be run
  struct Glide {
    scope::Cursor from, to;
    double seconds = 0, passed = 0;
  };
  std::optional<Glide> glide_;
  float width_px_ = 1280, height_px_ = 720, display_scale_ = 1;
  bool without_values_ = false;  ///< the newest request was a slider's
  bool help_open_ = false, palette_open_ = false, quit_ = false;
  std::string palette_text_;
  int palette_row_ = 0;
};

/// Settings as saved, and the last scenario; for a window's start.
Settings load_settings(std::string* complaints);
void save_settings(const Settings& settings, const sim::Scenario& scenario);
std::optional<std::string> last_scenario_text();

}  // namespace app
