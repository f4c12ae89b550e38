// What `attoscope validate` found, as tables, CSV and JSON.
#pragma once

#include <string>
#include <vector>

#include "sim/measurement/validate.h"
#include "ui/cli/report_json.h"

namespace cli {

struct Validation {
  sim::Machine machine;
  Overrides overrides;
  std::vector<sim::MeasurementFile> files;
  sim::Selection selection;  ///< of the files
  std::vector<const sim::Mechanism*> without;
  bool cycles = false, counters = false;  ///< compared too
  std::vector<sim::Comparison> comparisons;
  std::vector<sim::Ablation> ablations;  ///< of cycles, if they are compared, else of time
};

/// Tables for people, with the `worst` points of largest error, or with all of them.
std::string validation_text(const Validation& validation, std::size_t worst, bool all_points);

/// One row a point.
std::string validation_csv(const Validation& validation);

Json validation_json(const Validation& validation);

/// "B 1  H 16/4  N 4096  d 128  fp16  causal", "8192 x 4096  fp16"
std::string short_problem_text(const sim::MeasuredPoint& point);
/// "128x64  stages 1  warps 4"
std::string short_schedule_text(const sim::Schedule& schedule);
/// "+3.2 %"
std::string error_text(double error);

}  // namespace cli
