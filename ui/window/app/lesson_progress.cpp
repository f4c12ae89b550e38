#include "ui/window/app/lesson_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/toml_text.h"
#include "ui/window/app/settings.h"

namespace app {

namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::int64_t kChoicesMax = 9, kConfidences = 3;

class Reader {
 public:
  Reader(const std::string& source, std::string* complaints) : source_(source), complaints_(complaints) {}

  LessonProgress lesson(const std::string& name, const toml::table& table) {
    LessonProgress progress;
    progress.step = text(table, name, "step");
    if (const toml::array* done = table["done"].as_array()) {
      for (const toml::node& node : *done) {
        const auto id = node.value<std::string>();
        id ? void(progress.done.insert(*id)) : complain(name + ".done", "names of steps are expected");
      }
    } else if (table.contains("done")) {
      complain(name + ".done", "a list is expected");
    }
    if (const toml::table* answers = table["answers"].as_table()) {
      for (const auto& [step, node] : *answers) {
        const std::string where = name + ".answers." + std::string(step.str());
        const toml::table* answer = node.as_table();
        answer != nullptr ? void(progress.answers[std::string(step.str())] = read_answer(*answer, where))
                          : complain(where, "a table is expected");
      }
    }
    return progress;
  }
  void complain(const std::string& key, const std::string& what) {
    if (complaints_ != nullptr) {
      *complaints_ += fmt::format("{}{}: {}: {}; it is left out", complaints_->empty() ? "" : "\n", source_,
                                  sim::printable(key), what);
    }
  }

 private:
  LessonAnswer read_answer(const toml::table& table, const std::string& where) {
    LessonAnswer answer;
    answer.text = text(table, where, "text");
    answer.choice = whole(table, where, "choice", kChoicesMax);
    answer.confidence = whole(table, where, "confidence", kConfidences);
    if (const auto revealed = table["revealed"].value<bool>()) {
      answer.revealed = *revealed;
    } else if (table.contains("revealed")) {
      complain(where + ".revealed", "true or false is expected");
    }
    return answer;
  }
  std::string text(const toml::table& table, const std::string& where, const char* key) {
    const auto value = table[key].value<std::string>();
    if (!value && table.contains(key)) {
      complain(where + "." + key, "a text is expected");
    }
    return value.value_or("");
  }
  int whole(const toml::table& table, const std::string& where, const char* key, std::int64_t end) {
    const auto value = table[key].value<std::int64_t>();
    const bool good = value && *value >= 0 && *value < end;
    if (!good && table.contains(key)) {
      complain(where + "." + key, fmt::format("a whole number from 0 to {} is expected", end - 1));
    }
    return good ? static_cast<int>(*value) : -1;
  }

  const std::string& source_;
  std::string* complaints_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string answer_toml(const LessonAnswer& answer) {
  std::string text = fmt::format("{{ revealed = {}", answer.revealed);
  text += answer.text.empty() ? "" : ", text = " + quoted(answer.text);
  text += answer.choice < 0 ? "" : fmt::format(", choice = {}", answer.choice);
  text += answer.confidence < 0 ? "" : fmt::format(", confidence = {}", answer.confidence);
  return text + " }";
}

}  // namespace

Progress parse_progress(const std::string& text, const std::string& source, std::string* complaints) {
  Progress progress;
  Reader reader(source, complaints);
  try {
    const toml::table file = sim::parse_toml(text, kBytesMax, source);
    for (const auto& [name, node] : file) {
      const toml::table* table = node.as_table();
      table != nullptr ? void(progress[std::string(name.str())] = reader.lesson(std::string(name.str()), *table))
                       : reader.complain(std::string(name.str()), "a lesson's table is expected");
    }
  } catch (const sim::Error& error) {
    if (complaints != nullptr) {
      *complaints = error.what();
    }
  }
  return progress;
}

std::string to_toml(const Progress& progress) {
  std::string text = "# How far the lessons are.\n";
  for (const auto& [name, lesson] : progress) {
    text += fmt::format("\n[{}]\nstep = {}\ndone = [", quoted(name), quoted(lesson.step));
    const char* comma = "";
    for (const std::string& id : lesson.done) {
      text += comma + quoted(id);
      comma = ", ";
    }
    text += "]\n";
    for (const auto& [step, answer] : lesson.answers) {
      text += answer == LessonAnswer{} ? "" : fmt::format("answers.{} = {}\n", quoted(step), answer_toml(answer));
    }
  }
  return text;
}

std::string progress_file() {
  const std::string directory = settings_directory();
  return directory.empty() ? "" : directory + "/progress.toml";
}

Progress load_progress(std::string* complaints) {
  const std::string path = progress_file();
  if (path.empty() || !std::filesystem::exists(path)) {
    return {};
  }
  try {
    const std::vector<unsigned char> bytes = sim::read_file(path);
    return parse_progress({bytes.begin(), bytes.end()}, path, complaints);
  } catch (const sim::Error& error) {
    *complaints = error.what();
    return {};
  }
}

void save_progress(const Progress& progress) {
  const std::string path = progress_file();
  if (!path.empty()) {
    std::error_code what;  // writing then says what is wrong
    std::filesystem::create_directories(settings_directory(), what);
    sim::write_file(path, to_toml(progress));
  }
}

}  // namespace app
