// What a view gets: painter, words, widgets. Widgets are known by name, so that tests and lessons find them without
// coordinates; every one takes part in keyboard focus (Tab, Enter) and has a tooltip with its key.
//
// A tip is words and, after a tab character, the key that does the same: "Play\tSpace".
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/scope/strings.h"
#include "ui/window/draw/icons.h"
#include "ui/window/draw/painter.h"
#include "ui/window/draw/rich_text.h"

namespace draw {

enum class UiKey : std::uint8_t { tab, enter, space, left, right, up, down, escape };

/// A widget of the frame that was drawn last.
struct WidgetInfo {
  /// What the pointer does there. `part`: of a widget that has the keyboard focus as a whole; `shield`: nothing, but
  /// what lies below gets nothing either; `menu`: inside the open menu.
  enum class Kind : std::uint8_t { widget, part, touch, scroll, shield, menu };
  /// Which arrow keys it uses while it has the focus.
  enum class Arrows : std::uint8_t { none, across, down };

  std::string name;  ///< "topbar.play": the same in every language
  Rect box;
  bool enabled = true;
  int layer = 0;
  Rect seen;  ///< part of the box inside what clips it: there the pointer finds it
  Kind kind = Kind::widget;
  bool focusable = true;
  Arrows arrows = Arrows::none;
};

/// What a card under the pointer says: title, rows of words and number, a formula, a badge.
struct HoverCard {
  struct Row {
    std::string label, value;  ///< rich text
  };
  std::string title;
  std::vector<Row> rows;
  std::string formula;      ///< rich text: letters
  std::string substituted;  ///< the same with numbers
  std::string source;
  std::optional<Badge> badge;
};

struct Choice {
  std::string name;   ///< for tests: "op"
  std::string label;  ///< shown
  std::string tip{};  ///< tooltip; empty: none
};

/// State that outlives a frame but not the program: focus, open menu. One per window.
struct UiState {
  std::vector<WidgetInfo> widgets;           ///< of the last complete frame
  std::vector<WidgetInfo> drawing;           ///< of this one
  std::string focused;                       ///< by keyboard; empty: none
  bool focus_visible = false;                ///< only after Tab
  bool activate_focused = false;             ///< Enter was pressed
  std::string open_menu;                     ///< name of the widget whose menu is open
  std::string dragged;                       ///< held with the left button: a slider, a button, a touch area...
  std::map<std::string, float> scroll;       ///< by panel
  std::map<std::string, float> scroll_room;  ///< how far each can be scrolled, as drawn last
  Log* log = nullptr;
  const WidgetInfo* find(std::string_view name) const;

  // ---- Pointer of this frame: read once, when the first Ui of the frame is made. ----
  struct Pointer {
    Point at, moved;  ///< px at scale 1
    bool inside = false, pressed = false, released = false, down = false, double_clicked = false, right_pressed = false;
    bool shift = false;  ///< held
    float wheel = 0;     ///< notches
  };
  bool in_frame = false;
  Pointer pointer;
  std::string hot;            ///< widget under the pointer, if that may react
  std::string clicked;        ///< pressed and released on it
  std::string wheel_touch;    ///< who gets the wheel: the topmost touch area there,
  std::string wheel_scroll;   ///< and the topmost scrolling panel
  std::vector<UiKey> keys;    ///< for the focused widget, to be read this frame
  std::string focus_origin;   ///< where Tab goes on from: last focused or clicked
  bool reveal_focus = false;  ///< scroll until the focused widget is seen

  // ---- The open menu ----
  struct Menu {
    std::string name;
    Rect anchor;
    std::vector<Choice> choices;
    int selected = -1;
    Rect card;  ///< its rows
  };
  Menu menu;             ///< as its widget gave it this frame
  int menu_entries = 0;  ///< of the open menu, when it was drawn last
  int menu_cursor = -1;
  std::string chosen_menu;  ///< whose entry was chosen, told by the next call of menu()
  int chosen_entry = -1;

  // ---- The text being edited ----
  std::string editing;          ///< name of the input; empty: none
  bool editing_forced = false;  ///< its view keeps the keyboard there: Esc, Tab, up and down stay the app's
  bool editing_begins = false;
  int caret = 0, selection_from = 0, selection_to = 0;  ///< bytes
  float text_scroll = 0;                                ///< px

  // ---- What waits for the end of the frame ----
  std::optional<HoverCard> card;
  std::string tip, tip_key;
  std::optional<Rect> tip_anchor;  ///< the tip's widget; none: the pointer
};

/// Gives the widgets a key press, between frames. Returns whether they take it; if not it belongs to the app. Arrows
/// are taken only while the focus is visible or a menu is open: otherwise they step through the run.
bool handle_key(UiState& state, UiKey key, bool shift);

class Ui {
 public:
  Ui(UiState& state, Painter& painter, const scope::Strings& strings);

  Painter& p;
  UiState& state;
  const scope::Strings& strings;

  const Palette& colors() const { return p.colors(); }
  /// Words in the language that is on: "stage.never_written".
  std::string_view words(std::string_view key) const { return strings.get(key); }
  bool chinese() const { return strings.language() == scope::Language::zh; }

  // ---- Widgets. `name` is for tests and focus; `tip` is shown on hover. ----
  bool button(std::string_view name, const Rect& box, std::string_view label, std::string_view tip = {},
              bool enabled = true, bool primary = false);
  /// `filled`: inverse icon on an ink disc as wide as the box. Not `framed`: the icon alone, until hovered.
  bool icon_button(std::string_view name, const Rect& box, Icon icon, std::string_view tip, bool enabled = true,
                   bool filled = false, bool framed = true);
  /// Index of the pressed segment, or -1. Segments are widgets NAME.CHOICE too.
  int segmented(std::string_view name, const Rect& box, const std::vector<Choice>& choices, int selected);
  /// Px that segmented() or tabs() wants.
  float segmented_width(const std::vector<Choice>& choices) const;
  float tabs_width(const std::vector<Choice>& choices) const;
  /// Index of the pressed tab, or -1. 3 px bar over the selected one; -1: none. Tabs are widgets NAME.CHOICE too.
  int tabs(std::string_view name, const Rect& box, const std::vector<Choice>& choices, int selected);
  /// A box with a label and a chevron that opens a menu. Index of the chosen entry, or -1. Entries of the open menu
  /// are widgets NAME.CHOICE.
  int menu(std::string_view name, const Rect& box, std::string_view label, const std::vector<Choice>& choices,
           int selected, std::string_view tip = {}, bool framed = true);
  /// Px that a menu's box needs to show all of its label.
  float menu_width(std::string_view label, bool framed = true) const;
  /// Slider over [0, 1]; ticks at `ticks`. True while its value changes. Arrow keys go from tick to tick, or by 0.05.
  bool slider(std::string_view name, const Rect& box, float& value, const std::vector<float>& ticks,
              std::string_view tip = {}, bool enabled = true);
  bool check_box(std::string_view name, const Rect& box, std::string_view label, bool& on, std::string_view tip = {});
  bool radio(std::string_view name, const Rect& box, std::string_view label, bool on, std::string_view tip = {});
  /// One line of text. True when Enter ends it. `focus`: takes the keyboard.
  bool input(std::string_view name, const Rect& box, std::string& text, std::string_view hint, bool focus = false);
  /// An area that can be clicked and hovered but looks like nothing of its own.
  struct Touch {
    bool hovered = false, pressed = false, held = false, double_clicked = false, right_pressed = false;
    Point at;         ///< pointer, px at scale 1
    float wheel = 0;  ///< over it, notches
    Point drag;       ///< since the last frame while held
  };
  Touch touch(std::string_view name, const Rect& box, bool focusable = false);
  /// Nothing below `box` reacts: what lies over the picture calls it before its own widgets.
  void shield(const Rect& box);
  /// Splitter between two panels: px it was moved by, or nothing. Double click: `reset`.
  float splitter(std::string_view name, const Rect& box, bool vertical, bool& reset);
  /// What is drawn until end_scroll() is clipped to `box` and scrolls by the wheel or the thin bar at the right.
  /// Returns where the content goes: its top may lie above the box, its width leaves room for the bar.
  Rect begin_scroll(std::string_view name, const Rect& box, float content_height);
  void end_scroll();

  // ---- Cards and boxes ----
  void card(const Rect& box, float radius = 6);  ///< panel colour, hair line
  /// Shown at the end of the frame, at the pointer, kept inside the window.
  void hover(HoverCard card);
  void tooltip(std::string_view text, std::string_view key = {});
  /// Dashed box: what is missing, the nearest thing there is, how to get it.
  void empty_state(const Rect& box, std::string_view what, std::string_view nearest, std::string_view how);
  /// Bar, triangle, name of the limit, what it needs, what works.
  void error_state(const Rect& box, std::string_view title, std::string_view detail, std::string_view hint);
  /// Badge with its word, ending at the right or starting at the left of `at`. Returns its box.
  Rect badge_with_word(Badge badge, Point at, Align align = Align::left);

  /// Draws menus, cards and tooltips that wait; call it last, once a frame.
  void finish(const Rect& window);

 private:
  struct Look {
    bool hovered = false, held = false, activated = false, focused = false;
  };
  struct Scroll {
    std::string name;
    Rect box;
    float content_height = 0;
  };

  WidgetInfo& note(std::string_view name, const Rect& box, bool enabled, WidgetInfo::Kind kind);
  /// Notes the widget and says what the user does with it.
  Look use(std::string_view name, const Rect& box, bool enabled = true, std::string_view tip = {},
           WidgetInfo::Kind kind = WidgetInfo::Kind::widget, WidgetInfo::Arrows arrows = WidgetInfo::Arrows::none);
  /// Takes a key that waits for the focused widget.
  bool take_key(std::string_view name, UiKey key);
  int arrow_choice(std::string_view name, int selected, int count);
  void show_tip(std::string_view tip, const Rect& anchor);
  void reveal(const Rect& box);
  void focus_ring(const Rect& box, float radius);
  Color surface(const Look& look, Color color) const;
  void edit(std::string_view name, const Rect& inner, std::string& text);
  void paint_text(const Rect& inner, const std::string& text, bool editing);

  void draw_menu(const Rect& window);
  bool menu_row(const Rect& row, std::size_t index);
  void draw_tip(const Rect& window);
  void draw_card(const Rect& window);
  Rect place_at_pointer(float width, float height, const Rect& window) const;

  std::vector<Scroll> scrolls_;
};

}  // namespace draw
