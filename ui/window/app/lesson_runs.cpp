#include "ui/window/app/lesson_runs.h"

#include <algorithm>
#include <utility>

#include "lessons/course/markup.h"
#include "ui/scope/facts.h"

namespace app {

void LessonRuns::use(const lessons::Lesson* lesson) {
  lesson_ = lesson;
  wanted_.clear();
  made_.clear();
  making_.clear();  // what is at work is let go when it comes
}

void LessonRuns::want(const std::string& scenario, bool urgent) {
  if (lesson_ == nullptr || lesson_->scenarios.count(scenario) == 0 || made_.count(scenario) != 0 ||
      making_ == scenario) {
    return;
  }
  std::erase(wanted_, scenario);
  urgent ? wanted_.push_front(scenario) : wanted_.push_back(scenario);
  start();
}

void LessonRuns::start() {
  if (!loader_.busy() && making_.empty() && !wanted_.empty()) {
    making_ = wanted_.front();
    wanted_.pop_front();
    constexpr std::int64_t kSpans = 4'000'000;
    scope::RunOptions options;
    options.spans_max = kSpans;
    loader_.request(lesson_->scenarios.at(making_), options);
  }
}

bool LessonRuns::update(std::chrono::milliseconds patience) {
  bool any = false;
  while (auto result = loader_.poll(patience)) {
    if (!making_.empty()) {
      made_[making_] = {std::move(result->run), sim::Error(result->where, result->message, result->hint)};
      making_.clear();
      any = true;
    }
    start();
  }
  start();
  return any;
}

std::shared_ptr<scope::Run> LessonRuns::run(const std::string& scenario) const {
  const auto at = made_.find(scenario);
  return at == made_.end() ? nullptr : at->second.run;
}

const sim::Error* LessonRuns::failure(const std::string& scenario) const {
  const auto at = made_.find(scenario);
  return at == made_.end() || at->second.run ? nullptr : &at->second.failure;
}

lessons::Lookup LessonRuns::lookup(const lessons::Step& step, const scope::Run& run, const scope::Cursor& cursor) {
  return scope::lookup_at(run, cursor, step.at, [this](const std::string& name) -> std::shared_ptr<const scope::Run> {
    if (const sim::Error* error = failure(name)) {
      throw sim::Error(name, error->message(), error->hint());
    }
    std::shared_ptr<const scope::Run> other = this->run(name);
    if (!other) {
      want(name, false);
      throw NotReady{};
    }
    return other;
  });
}

Filled fill(const std::string& words, const lessons::Lookup& lookup) {
  Filled out;
  for (const lessons::Piece& piece : lessons::pieces_of(words, "")) {
    if (piece.expression.empty()) {
      out.words += piece.words;
      continue;
    }
    lessons::Badge badge = lessons::Badge::exact;
    try {
      out.words += lessons::filled(piece.words, lookup, "", &badge);
    } catch (const NotReady&) {
      out.words += "…";
      out.ready = false;
    } catch (const sim::Error& error) {
      out.words += "**?**";
      out.problem = out.problem.empty() ? error.what() : out.problem;
    }
    ++out.numbers;
    out.modelled = out.modelled || badge == lessons::Badge::modelled;
  }
  return out;
}

}  // namespace app
