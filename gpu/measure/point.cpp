#include "measure/point.h"

#include "measure/error.h"

namespace measure {

using kernels::DType;
using kernels::Problem;
using kernels::Schedule;

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::fp16: return "fp16";
    case DType::bf16: return "bf16";
    case DType::fp32: return "fp32";
  }
  return "";
}

int element_bytes(DType dtype) { return dtype == DType::fp32 ? 4 : 2; }

std::string label(const std::string& algorithm, const std::string& variant) {
  return variant.empty() ? algorithm : algorithm + ":" + variant;
}

std::string text(const Problem& p) {
  const std::string dtype = name_of(p.dtype);
  if (p.is_softmax()) {
    return "rows " + std::to_string(p.rows) + " length " + std::to_string(p.row_length) + " " + dtype;
  }
  return "b" + std::to_string(p.batch) + " h" + std::to_string(p.heads) + " kv" + std::to_string(p.kv_heads) + " q" +
         std::to_string(p.seqlen_q) + " k" + std::to_string(p.seqlen_kv) + " d" + std::to_string(p.head_dim) + " " +
         dtype + (p.causal ? " causal" : " none");
}

std::string text(const Schedule& schedule) {
  const Json json = to_json(schedule);
  std::string all;
  for (const auto& [key, value] : json.items()) {
    if (value != 0) {
      all += (all.empty() ? "" : " ") + key + "=" + value.dump();
    }
  }
  return all.empty() ? "-" : all;
}

std::string text(const Point& point) {
  return label(point.algorithm, point.variant) + " | " + text(point.problem) + " | " + text(point.schedule) +
         (point.cold_l2 ? " | cold" : " | warm");
}

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

bool held_back(const Problem& problem) { return fnv1a(text(problem)) % 3 == 0; }

Json to_json(const Problem& p) {
  if (p.is_softmax()) {
    return {{"rows", p.rows}, {"row_length", p.row_length}, {"dtype", name_of(p.dtype)}};
  }
  return {{"batch", p.batch},          {"heads", p.heads},
          {"kv_heads", p.kv_heads},    {"seqlen_q", p.seqlen_q},
          {"seqlen_kv", p.seqlen_kv},  {"head_dim", p.head_dim},
          {"dtype", name_of(p.dtype)}, {"mask", p.causal ? "causal" : "none"}};
}

Json to_json(const Schedule& s) {
  return {{"block_q", s.block_q}, {"block_kv", s.block_kv}, {"stages", s.stages},
          {"warps", s.warps},     {"splits", s.splits},     {"tile", s.tile}};
}

Json to_json(const Point& point) {
  return {{"algorithm", point.algorithm},          {"variant", point.variant},
          {"held_back", held_back(point.problem)}, {"problem", to_json(point.problem)},
          {"schedule", to_json(point.schedule)},   {"l2", point.cold_l2 ? "cold" : "warm"}};
}

Point point_from_json(const Json& json, const std::string& where) {
  try {
    Point point;
    point.algorithm = json.at("algorithm");
    point.variant = json.at("variant");
    point.cold_l2 = json.at("l2") == "cold";
    const Json& p = json.at("problem");
    const std::string dtype = p.at("dtype");
    point.problem.dtype = dtype == "bf16" ? DType::bf16 : dtype == "fp32" ? DType::fp32 : DType::fp16;
    if (p.contains("row_length")) {
      point.problem.rows = p.at("rows");
      point.problem.row_length = p.at("row_length");
    } else {
      point.problem.batch = p.at("batch");
      point.problem.heads = p.at("heads");
      point.problem.kv_heads = p.at("kv_heads");
      point.problem.seqlen_q = p.at("seqlen_q");
      point.problem.seqlen_kv = p.at("seqlen_kv");
      point.problem.head_dim = p.at("head_dim");
      point.problem.causal = p.at("mask") == "causal";
    }
    const Json& s = json.at("schedule");
    point.schedule = {s.at("block_q"), s.at("block_kv"), s.at("stages"), s.at("warps"), s.at("splits"), s.at("tile")};
    return point;
  } catch (const nlohmann::json::exception& error) {
    throw Error(where, error.what());
  }
}

double work_of(const Problem& p) {
  if (p.is_softmax()) {
    return static_cast<double>(p.rows) * p.row_length;
  }
  return 4.0 * p.slices() * p.seqlen_q * p.seqlen_kv * p.head_dim * (p.causal ? 0.5 : 1.0);
}

}  // namespace measure
