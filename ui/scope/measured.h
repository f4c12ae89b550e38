// What real cards did, beside the simulator: the measured points of one machine, simulated one after the other.
#pragma once

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/measurement/validate.h"
#include "ui/scope/run.h"
#include "ui/scope/strings.h"

namespace scope {

class Measured {
 public:
  /// `altered`: numbers of the machine were overridden, so that no card is like it. `background`: files are read and
  /// points compared in a thread, a few at a time; else advance() does all of it.
  Measured(sim::Machine machine, bool altered, std::string assets, bool background);
  ~Measured() = default;  // waits for the few points at work
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;

  /// Takes what is finished and goes on; once a frame. Reads the files only, unless `compare`.
  void advance(bool compare);
  /// Is there more to do?
  bool unfinished(bool compare) const { return !loaded_ || (compare && !done()); }
  bool at_work() const { return job_.valid(); }

  const sim::Machine& machine() const { return machine_; }
  bool altered() const { return altered_; }
  bool loaded() const { return loaded_; }
  bool done() const { return loaded_ && comparisons_.size() == selection_.points.size(); }
  const std::optional<sim::Error>& failure() const { return failure_; }  ///< a file that can't be read

  // Once loaded:
  const std::vector<std::string>& machines() const { return machines_; }  ///< all that have measurements
  const std::vector<sim::MeasurementFile>& files() const { return files_; }
  const sim::Selection& selection() const { return selection_; }
  /// Of the selection's first points, in its order.
  const std::vector<sim::Comparison>& comparisons() const { return comparisons_; }
  std::size_t failed() const { return failed_; }  ///< points that can't be simulated
  /// By algorithm, then all; see sim::summarise.
  const std::vector<sim::AlgorithmSummary>& summaries() const { return summaries_; }

  /// The run's own point; none for an altered machine or a program of its own.
  sim::FoundPoint find(const Run& run) const;

 private:
  /// What a thread brings: the files, or the next comparisons.
  struct Brought {
    std::vector<std::string> machines;
    std::vector<sim::MeasurementFile> files;
    std::vector<sim::Comparison> comparisons;
    std::optional<sim::Error> failure;
  };
  Brought load() const;
  Brought compare_some(std::size_t from) const;
  Brought work(bool load_files, std::size_t from) const;
  void take(Brought brought);

  sim::Machine machine_;
  bool altered_;
  std::string assets_;
  bool background_;
  bool loaded_ = false;
  std::optional<sim::Error> failure_;
  std::vector<std::string> machines_;
  std::vector<sim::MeasurementFile> files_;
  sim::Selection selection_;
  std::vector<sim::Comparison> comparisons_;  // never moves: summaries point into it
  std::vector<sim::AlgorithmSummary> summaries_;
  std::size_t failed_ = 0;
  std::future<Brought> job_;  // last: it reads the others
};

/// "B 1 · H 16 · N 4,096 · d 128", rich text.
std::string problem_words(const sim::MeasuredPoint& point);
/// "fp16, causal"
std::string kind_words(const sim::MeasuredPoint& point);
/// "Br 128 · Bc 64 · 2 stages · 4 warps", rich text.
std::string schedule_words(const sim::MeasuredPoint& point, const Strings& strings);
/// "+3.2 %", with a minus sign as long as a plus.
std::string error_words(double error);
/// What sets a scenario to this point: fields by name, the algorithm first.
std::vector<std::pair<std::string, std::string>> fields_of(const sim::MeasuredPoint& point);
/// The comparisons so far, a row each.
std::string csv_measured(const Measured& measured);

}  // namespace scope
