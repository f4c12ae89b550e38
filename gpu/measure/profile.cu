#include <cuda_profiler_api.h>

#include "measure/counters.h"
#include "measure/entries.h"
#include "measure/inputs.h"
#include "measure/results.h"

namespace measure {
namespace {

/// Nothing: its name separates the points in the profiler's list of kernels.
__global__ void attoscope_point_marker() {}

Json launches_to_json(const kernels::Entry& entry, const Point& point) {
  Json json = Json::array();
  for (const kernels::Launch& launch : entry.launches(point.problem, point.schedule)) {
    json.push_back({{"name", launch.name}, {"grid", launch.blocks}});
  }
  return json;
}

void profile_point(const Card& card, const L2Flush& flush, const kernels::Entry& entry, const Point& point) {
  const cudaStream_t stream = card.stream();
  Operands operands(point, entry.workspace_bytes(point.problem, point.schedule));
  const auto run = [&] { entry.run(point.problem, point.schedule, operands.tensors(), operands.workspace(), stream); };
  operands.fill(InputKind::normal, fnv1a(text(point)), stream);
  run();  // warm-up: the module is loaded, a library has its handle
  if (point.cold_l2) {
    flush.queue(stream);
  }
  kernels::check(cudaStreamSynchronize(stream), "running before profiling");
  kernels::check(cudaProfilerStart(), "starting the profiler");
  attoscope_point_marker<<<1, 1, 0, stream>>>();
  kernels::check_launch("attoscope_point_marker");
  run();
  kernels::check(cudaStreamSynchronize(stream), label(point.algorithm, point.variant).c_str());
  kernels::check(cudaProfilerStop(), "stopping the profiler");
}

}  // namespace

void profile_points(const Card& card, const std::vector<Point>& points, const std::string& order_file) {
  const L2Flush flush(card);
  Json order = {{"format", "attoscope-profile 1"}, {"points", Json::array()}};
  for (const Point& point : points) {
    const kernels::Entry& entry = entry_of(point);
    if (!card.fits(Operands::bytes(point.problem, entry.workspace_bytes(point.problem, point.schedule)))) {
      continue;
    }
    profile_point(card, flush, entry, point);
    Json record = to_json(point);
    record["launches"] = launches_to_json(entry, point);
    order["points"].push_back(std::move(record));
    write_text(order_file, order.dump(1) + "\n");
  }
}

}  // namespace measure
