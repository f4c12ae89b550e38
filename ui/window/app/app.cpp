#include "ui/window/app/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "ui/scope/caption.h"
#include "ui/window/app/edits.h"
#include "ui/window/draw/fonts.h"

namespace app {

namespace {

// Projector mode: body text of 3.7 % of the picture's height, 16 px at scale 1.
constexpr float kProjectorHeight = 720.0F / 1.6875F;

std::string text_of_file(const std::string& path) {
  const std::vector<unsigned char> bytes = sim::read_file(path);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

scope::Cursor clamped(const scope::Run& run, scope::Cursor cursor) {
  const auto& kernels = run.kernels();
  const int slots = kernels.empty() ? 1 : kernels.front().blocks_per_sm;
  cursor.place.sm = std::clamp(cursor.place.sm, 0, run.machine().chip.sm_count - 1);
  cursor.place.slot = std::clamp(cursor.place.slot, 0, slots - 1);
  cursor.t_us = std::clamp(std::isfinite(cursor.t_us) ? cursor.t_us : 0.0, 0.0, run.end_us());
  return cursor;
}

App::App(Options options)
    : options_(std::move(options)),
      settings_(options_.settings),
      strings_(scope::Strings::load(options_.assets + "/strings")),
      keys_(settings_.key_preset),
      loader_(options_.assets, options_.background),
      second_loader_(options_.assets, options_.background),
      player_(options_.assets, options_.background, options_.files) {
  for (const auto& [command, keys] : settings_.keys) {
    keys_.bind(command, keys);
  }
  strings_.use(settings_.language);
  lists_.machines = sim::machine_names(options_.assets);
  lists_.presets = sim::preset_names(options_.assets);
}

App::~App() = default;

void App::open(const sim::Scenario& scenario) {
  try {
    view_ = scope::view_of(scenario);
    failure_ = scope::failure_of(scenario);
  } catch (const sim::Error& error) {
    view_ = {};
    failure_.reset();
    complain(error.where(), error.message(), error.hint());
  }
  scenario_ = scenario;
  run_.reset();
  second_.reset();
  second_asked_.clear();
  glide_.reset();
  request();
}

void App::open_text(const std::string& text, const std::string& source) {
  try {
    open(sim::parse_scenario(text, source));
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
  }
}

void App::open_file(const std::string& path) {
  try {
    open(sim::load_scenario(path));
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
  }
}

sim::Scenario App::present() const {
  sim::Scenario scenario = scenario_;
  scope::put_view(view_, scenario);
  return scenario;
}

sim::Error App::failure() const {
  return failed_
             ? sim::Error(failed_->where, failed_->message, failed_->hint)
             : sim::Error(notice_ ? notice_->title : "", notice_ ? notice_->detail : "", notice_ ? notice_->hint : "");
}

void App::settle() {
  while (loader_.busy() || second_loader_.busy() || player_.runs_busy()) {
    take_results();
    update_lesson(std::chrono::milliseconds(5));
    if (auto result = loader_.poll(std::chrono::milliseconds(20))) {
      take_run(std::move(*result));
    }
    if (auto result = second_loader_.poll(std::chrono::milliseconds(20))) {
      take_second(std::move(*result));
    }
  }
  take_results();
  update_lesson({});
}

void App::take_results() {
  if (without_values_ && ui_.dragged.empty()) {
    request();
    return;
  }
  if (auto result = loader_.poll()) {
    take_run(std::move(*result));
  }
  request_second();
  if (auto result = second_loader_.poll()) {
    take_second(std::move(*result));
  }
}

// A new run is looked at from the same share of its time, so that a slider moves what is seen and not where one looks.
void App::take_run(RunLoader::Result result) {
  if (player_.lesson() != nullptr && sim::to_toml(result.scenario) != sim::to_toml(scenario_)) {
    return;  // asked for in a step that has been left since
  }
  if (!result.run) {
    failed_ = std::move(result);
    return;
  }
  failed_.reset();
  if (run_ && run_->end_us() > 0) {
    const double share = view_.cursor.t_us / run_->end_us();
    const bool same_ops = run_->positions(view_.cursor.place) == result.run->positions(view_.cursor.place);
    view_.cursor.t_us =
        same_ops ? result.run->time_of(view_.cursor.place, run_->position(view_.cursor)) : share * result.run->end_us();
  }
  const bool first = !run_;
  if (first) {
    view_.size = scope::size_of(*result.run);
  }
  run_ = std::move(result.run);
  if (first && failure_) {
    view_.cursor = failure_moment_ = scope::cursor_of(*run_, *failure_);
    view_.row = failure_->values.empty() ? view_.row : failure_->values.front().row;
  }
  view_.cursor = clamped(*run_, view_.cursor);
  glide_.reset();
}

void App::take_second(RunLoader::Result result) {
  if (!result.run) {
    complain(result.where, result.message, result.hint);
    view_.comparing = false;
    return;
  }
  second_ = std::move(result.run);
  second_view_ = {};
  second_view_.cursor = clamped(*second_, {});
}

// The second run of a comparison is the scenario with the lines of View::second over it.
void App::request_second() {
  if (!view_.comparing || !run_) {
    return;
  }
  if (view_.second.empty()) {
    view_.second = run_->scenario().algorithm == "standard" ? "algorithm = \"flash2\"" : "algorithm = \"standard\"";
  }
  const std::string asked = sim::to_toml(run_->scenario()) + "\n# second\n" + view_.second;
  if (asked == second_asked_) {
    return;
  }
  second_asked_ = asked;
  try {
    second_loader_.request(second_scenario(run_->scenario(), view_.second), {});
  } catch (const sim::Error& error) {
    view_.comparing = false;
    complain(error.where(), error.message(), error.hint());
  }
}

void App::edit(const std::function<void(sim::Scenario&)>& change) {
  sim::Scenario next = scenario_;
  try {
    change(next);
  } catch (const sim::Error& error) {
    complain(error.where(), error.message(), error.hint());
    return;
  }
  scenario_ = next;
  request();
}

// While a slider moves, only what is quick has values; they come when it is let go.
void App::request() {
  constexpr std::int64_t kQuickWork = 1'000'000, kQuickSpans = 1'000'000, kSpans = 4'000'000;
  scope::RunOptions options{.kept_sm = view_.cursor.place.sm};
  without_values_ = !ui_.dragged.empty();
  options.value_work_max = without_values_ ? kQuickWork : options.value_work_max;
  options.spans_max = without_values_ ? kQuickSpans : kSpans;
  loader_.request(scenario_, options);
  take_results();
}

void App::set(const std::string& key, const std::string& value) {
  edit([&](sim::Scenario& scenario) { set_field(scenario, key, value); });
}

void App::carry_out(views::Actions& actions) {
  if (!actions.fields.empty() || !actions.machine.empty() || actions.drop_machine_overrides) {
    edit([&](sim::Scenario& scenario) { apply(actions, scenario); });
  }
  if (actions.copy && options_.hooks.set_clipboard) {
    options_.hooks.set_clipboard(*actions.copy);
    say("notice.copied");
  }
  if (actions.csv) {
    try {
      if (options_.files) {
        const std::string path = options_.folder + "/attoscope.csv";
        sim::write_file(path, *actions.csv);
        say("notice.saved", path);
      }
    } catch (const sim::Error& error) {
      complain(error.where(), error.message(), error.hint());
    }
  }
  if (actions.command) {
    run_command(*actions.command);
  }
}

void App::say(const std::string& key, const std::string& detail) {
  notice_ = Notice{std::string(strings_.get(key)), detail, "", false, 0};
}

void App::complain(const std::string& where, const std::string& message, const std::string& hint) {
  notice_ = Notice{where.empty() ? std::string(strings_.get("notice.error")) : where, message, hint, true, 0};
}

Screen App::screen() const {
  if (settings_.theme == draw::Theme::projector) {
    return Screen::projector;
  }
  if (view_.comparing) {
    return Screen::compare;
  }
  // In a lesson whichever panel a step asks for has the softmax panel's place: nothing jumps from step to step.
  const bool right = view_.right.empty() || player_.lesson() != nullptr || failure_;
  return view_.size == scope::Size::blackboard && run_ && run_->has_values() && right ? Screen::blackboard
                                                                                      : Screen::normal;
}

float App::scale() const {
  if (settings_.theme == draw::Theme::projector) {
    return height_px_ / kProjectorHeight;
  }
  return std::clamp(settings_.scale * display_scale_, kScaleMin, kScaleMax);
}

// Where there is little room panels lie over the stage and start closed: what the view says then counts the other way.
bool App::starts_closed() const {
  return (width_px_ / scale() < 1600 || screen() == Screen::blackboard) && !step_opens_dock();
}

// For views, which take the view's word: true is open. Called in pairs.
void App::flip_panels(bool flip) {
  view_.left_open = view_.left_open != flip;
  view_.dock_open = view_.dock_open != flip;
}

Layout App::layout_now() const {
  LayoutInput in;
  in.width = width_px_ / scale();
  in.height = height_px_ / scale();
  in.screen = screen();
  in.lesson = player_.lesson() != nullptr || failure_;
  in.left_open = view_.left_open != starts_closed();
  in.dock_open = view_.dock_open != starts_closed();
  in.tab_over_stage = view_.tab_over_stage;
  in.sizes = settings_.panels;
  return layout(in);
}

bool App::prepare(float width_px, float height_px, float display_scale) {
  width_px_ = width_px;
  height_px_ = height_px;
  display_scale_ = display_scale;
  strings_.use(settings_.language);
  const bool fonts_are_new = draw::build_fonts(scale(), settings_.language == scope::Language::zh);
  if (fonts_are_new) {
    draw::forget_layouts();
  }
  return fonts_are_new;
}

bool App::animating() const {
  return view_.playing || glide_.has_value() || loader_.busy() || second_loader_.busy() || player_.runs_busy() ||
         (notice_ && !notice_->error) || measuring() || (sweep_ && !sweep_->done() && view_.tab == scope::Tab::sweep);
}

void save_settings(const Settings& settings, const sim::Scenario& scenario) {
  const std::string directory = settings_directory();
  if (!directory.empty()) {
    std::filesystem::create_directories(directory);
    sim::write_file(directory + "/settings.toml", to_toml(settings));
    sim::write_file(directory + "/last.toml", sim::to_toml(scenario));
  }
}

Settings load_settings(std::string* complaints) {
  const std::string directory = settings_directory();
  try {
    if (!directory.empty()) {
      return parse_settings(text_of_file(directory + "/settings.toml"), directory + "/settings.toml", complaints);
    }
  } catch (const sim::Error&) {
    // none yet
  }
  return {};
}

std::optional<std::string> last_scenario_text() {
  const std::string directory = settings_directory();
  try {
    return directory.empty() ? std::nullopt : std::optional(text_of_file(directory + "/last.toml"));
  } catch (const sim::Error&) {
    return std::nullopt;
  }
}

}  // namespace app
