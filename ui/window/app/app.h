// The window's contents: one object that takes keys and time, and draws a frame. It knows neither GLFW nor GL: the
// platform shows what it draws, pictures and tests drive it the same way.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/error.h"
#include "ui/scope/evidence.h"
#include "ui/scope/failure.h"
#include "ui/scope/measured.h"
#include "ui/scope/view.h"
#include "ui/window/app/commands.h"
#include "ui/window/app/layout.h"
#include "ui/window/app/lesson_player.h"
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
  /// A lesson's name, file or folder; `step` from 1, 0: where it was left. What is wrong is told in the window, and
  /// then false.
  bool open_lesson(const std::string& path_or_name, int step = 0);
  const lessons::Lesson* lesson() const { return player_.lesson(); }  ///< null: none is open
  int lesson_step() const { return player_.step(); }                  ///< from 0
  /// Waits for a simulation that is at work.
  void settle();

  // ---- A frame ----
  /// Before ImGui::NewFrame. True if the font atlas is new and must be uploaded.
  bool prepare(float width_px, float height_px, float display_scale);
  /// Between NewFrame and Render. `seconds` since the last frame.
  void frame(double seconds, std::span<const KeyPress> keys);
  bool animating() const;
  bool wants_quit() const { return quit_; }
  bool simulating() const { return loader_.busy() || player_.runs_busy(); }
  bool sweeping() const { return sweep_ && !sweep_->done(); }
  bool measuring() const;  ///< measured points are being read or compared
  float scale() const;     ///< physical px per px

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
  bool course_open() const { return player_.course_open; }
  const views::LessonPage& lesson_page_now() const { return page_; }
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
  void follow_measured();
  bool measured_shown() const;
  sim::FoundPoint own_point() const { return own_of_.lock() == run_ ? own_ : sim::FoundPoint(); }
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
  void draw_controls(draw::Ui& ui, const Layout& at, views::Actions& actions);
  void draw_stage(views::Context& context, const Layout& at);
  BarInput bar_input(const Layout& at, views::Actions& actions);
  // lesson_app.cpp
  void close_lesson();
  void enter_step();
  void show_step();
  void go_to_step(int step);
  void update_lesson(std::chrono::milliseconds patience);
  bool lesson_command(std::string_view name);
  bool show_rest_of_text();
  bool lesson_key(const KeyPress& press);
  void reveal(bool revealed);
  void keep_progress();
  void carry_out_wishes(const views::LessonWishes& wishes, views::Actions& actions);
  void take_click(const scope::Chosen& before);
  bool moved_in_step() const;
  bool step_opens_dock() const;
  bool lesson_shown_greyed() const;
  bool page_asks_for_click() const;
  const sim::Error* lesson_failure() const;  ///< why the step's scenario does not run; null: it does
  // lesson_draw.cpp
  void make_page();
  void draw_lesson(draw::Ui& ui, const Layout& at, views::Actions& actions);
  void draw_course(draw::Ui& ui, const draw::Rect& window, views::Actions& actions);
  views::StageOptions stage_options() const;
  std::string lesson_caption();
  void follow_lesson_wishes();

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
  struct MachineMeasured {
    MachineMeasured(std::string of, const sim::Machine& machine, bool altered, const std::string& assets,
                    bool background)
        : key(std::move(of)), points(machine, altered, assets, background) {}
    std::string key;  ///< the machine and its overrides
    scope::Measured points;
  };
  std::list<MachineMeasured> measured_;  ///< the run's machine first
  sim::FoundPoint own_;                  ///< the measurement of own_of_
  std::weak_ptr<scope::Run> own_of_;
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

  std::optional<scope::Failure> failure_;  ///< a checker's, of the scenario
  scope::Cursor failure_moment_;           ///< known once there is a run

  LessonPlayer player_;
  views::LessonPage page_;          ///< of the step
  std::string page_key_;            ///< what it was made of
  std::string hovered_object_;      ///< that a word under the pointer means
  std::optional<int> go_to_after_;  ///< the frame
  std::optional<std::string> open_after_;
};

/// Within the run and its machine.
scope::Cursor clamped(const scope::Run& run, scope::Cursor cursor);

/// Settings as saved, and the last scenario; for a window's start.
Settings load_settings(std::string* complaints);
void save_settings(const Settings& settings, const sim::Scenario& scenario);
std::optional<std::string> last_scenario_text();

}  // namespace app
