// Numbers beside their closed forms, charts' data: what the dock's tabs draw.
#pragma once

#include "sim/analysis/bounds.h"
#include "sim/analysis/closed_forms.h"
#include "sim/measurement/measurement.h"
#include "ui/scope/frame.h"
#include "ui/scope/strings.h"

namespace scope {

/// One row of the table of bytes: per tensor, so far and at the end, with the closed form of its total.
struct BytesRow {
  Boundary boundary = Boundary::smem;
  bool write = false;
  std::vector<std::int64_t> so_far, end;  ///< by tensor of the plan
  std::int64_t total_so_far = 0, total_end = 0;
  bool exact = true;
  std::string formula, substituted, source;  ///< letters, numbers; empty where there is no closed form
  std::int64_t closed_form = -1;
};
std::vector<BytesRow> bytes_table(const Run& run, const Frame& frame);
/// The closed form of one tensor's bytes, to show behind a number.
std::optional<sim::ClosedForm> closed_form(const Run& run, const std::string& counter);

/// A roofline (Williams, Waterman, Patterson 2009): FLOP/s over FLOP per HBM byte.
struct Roofline {
  double peak_flops = 0, bandwidth = 0;  ///< FLOP/s; bytes/s
  std::string peak_name;
  struct Point {
    std::string name;
    double intensity = 0, flops = 0;
  };
  std::vector<Point> points;  ///< kernels with FLOPs, then the whole run
};
Roofline roofline(const Run& run);

/// Memory over time: of the focus block (SMEM, registers), and of HBM by kernel.
struct Footprints {
  struct Point {
    double t_us = 0;
    std::int64_t smem = 0, registers = 0;
  };
  std::vector<Point> block;  ///< steps at the ends of ops; thinned to 2000
  std::vector<std::pair<double, std::int64_t>> hbm;
  std::int64_t smem_capacity = 0, register_capacity = 0;  ///< that one block may use
};
Footprints footprints(const Run& run, const Cursor& cursor);

/// A parameter swept over values: simulated one point a call, so that a window stays quick.
class Sweep {
 public:
  struct Point {
    double x = 0;
    bool fits = false;
    /// What a block (SMEM, in bytes) or a thread (registers) needs more of than the machine gives.
    enum class Lacks : std::uint8_t { nothing, smem, registers, memory, other };
    Lacks lacks = Lacks::nothing;
    std::int64_t needs = 0, may_use = 0;
    std::string why_not;                          ///< as the simulator says it, short
    std::int64_t smem_bytes = 0, dram_bytes = 0;  ///< exact; modelled
    double time_us = 0;
    double lower_bound_bytes = 0;  ///< IO lower bound, asymptotic (constant 1)
    std::int64_t compulsory_bytes = 0;
    std::optional<double> measured_us;  ///< the same on a card; see find_measured
  };
  /// Keys: block_q, block_kv, seqlen, head_dim, smem_kib, hbm_gb_per_s.
  Sweep(const sim::Scenario& scenario, std::string key, std::string assets);
  const std::string& key() const { return key_; }
  bool done() const { return next_ >= values_.size(); }
  void compute_one();
  const std::vector<Point>& points() const { return points_; }
  /// Looks for the points computed so far that were measured. `files`: of the scenario's machine, always the same.
  void find_measured(const std::vector<sim::MeasurementFile>& files);
  double current() const { return current_; }  ///< x of the scenario itself
  static const std::vector<std::string>& keys();

 private:
  sim::Scenario scenario_;
  std::string key_, assets_;
  std::vector<double> values_;
  std::size_t next_ = 0;
  std::vector<Point> points_;
  std::vector<std::optional<sim::Experiment>> experiments_;  ///< by point; none where the machine is no card's
  std::size_t looked_for_ = 0;                               ///< points that find_measured() has seen
  double current_ = 0;
};

/// Why the point's run can't be, in the strings' language; what only the simulator can say, in its words.
std::string why_not(const Sweep::Point& point, const Strings& strings);

/// Two runs: the moment of the other that goes with the cursor of the first.
Cursor same_work(const Run& run, const Cursor& cursor, const Run& other, Place other_place);
Cursor same_time(const Run& run, const Cursor& cursor, const Run& other, Place other_place);

/// A table as CSV, RFC 4180.
std::string csv(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
std::string csv_bytes(const Run& run, const Frame& frame);
std::string csv_timeline(const Run& run, double from_us, double to_us, std::int32_t sm);
std::string csv_sweep(const Sweep& sweep);

}  // namespace scope
