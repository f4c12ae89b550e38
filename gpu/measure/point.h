// A point: an algorithm on a problem under a schedule, as text, as a key and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace measure {

using Json = nlohmann::ordered_json;

struct Point {
  std::string algorithm, variant;
  kernels::Problem problem;
  kernels::Schedule schedule;  ///< actual values
  bool cold_l2 = true;
};

const char* name_of(kernels::DType dtype);
int element_bytes(kernels::DType dtype);

/// "flash2", "standard:cublas".
std::string label(const std::string& algorithm, const std::string& variant);

/// Canonical: "b1 h16 kv16 q4096 k4096 d128 fp16 none", "rows 1024 length 4096 fp16".
std::string text(const kernels::Problem& problem);
/// "block_q=128 block_kv=64 stages=1 warps=4", without the fields that are 0.
std::string text(const kernels::Schedule& schedule);
/// Of everything that makes two points the same measurement.
std::string text(const Point& point);

/// The rule: the 64-bit FNV-1a hash of text(problem) is a multiple of 3. It sees neither algorithm, nor schedule, nor
/// any result.
bool held_back(const kernels::Problem& problem);
std::uint64_t fnv1a(const std::string& text);

Json to_json(const kernels::Problem& problem);
Json to_json(const kernels::Schedule& schedule);
/// The record of the contract up to "l2".
Json to_json(const Point& point);
/// The reverse. `where` is for the error message.
Point point_from_json(const Json& json, const std::string& where);

/// Floating-point operations of the products, or of the exponentials of a softmax: for rough estimates only.
double work_of(const kernels::Problem& problem);

}  // namespace measure
