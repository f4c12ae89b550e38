// Counters of the tile programs against the papers' closed forms, to the byte: random problems of every algorithm,
// the published examples, and proof that the comparison can fail.
#include "sim/analysis/closed_forms.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/algorithms/algorithms.h"
#include "sim/analysis/formula.h"
#include "sim/base/error.h"
#include "sim/executors/footprint.h"
#include "sim/executors/io.h"
#include "tests/catch.h"
#include "tests/random_cases.h"

namespace {

using random_cases::built_in;
using random_cases::Case;
using random_cases::Cases;
using random_cases::plan_of;
using sim::Algorithm;
using sim::ClosedForm;
using sim::Counters;
using sim::DType;
using sim::Kernel;
using sim::Mask;
using sim::Plan;
using sim::Problem;
using sim::Schedule;
using sim::Traffic;

// ---- What is counted, by the name that the JSON gives it ----

using Counted = std::map<std::string, std::int64_t>;

std::int64_t smem_peak(const Plan& plan) {
  sim::Trace trace;
  std::int64_t peak = 0;
  for (const Kernel& kernel : plan.kernels) {
    for (std::int32_t index = 0; index < kernel.blocks; ++index) {
      if (kernel.representative(index) == index) {
        sim::record_block(kernel, index, trace);
        peak = std::max(peak, sim::footprint_of(trace).smem_peak_bytes);
      }
    }
  }
  return peak;
}

Counted counted(const Plan& plan) {
  Counters sum;
  Traffic paper;
  std::vector<Counters> kernels;
  for (const Kernel& kernel : plan.kernels) {
    kernels.push_back(sim::count_kernel(plan, kernel));
    sum.add(kernels.back());
    const Traffic traffic = sim::paper_traffic(kernel, kernels.back());
    paper.read_bytes += traffic.read_bytes;
    paper.write_bytes += traffic.write_bytes;
    paper.reduce_bytes += traffic.reduce_bytes;
  }
  CHECK(paper.reduce_bytes == 0);
  Counted all;
  all["paper.read_bytes"] = paper.read_bytes;
  all["paper.write_bytes"] = paper.write_bytes;
  all["two_level.read_bytes"] = sum.traffic().read_bytes;
  all["two_level.write_bytes"] = sum.traffic().write_bytes;
  for (const sim::TensorInfo& info : plan.tensors) {
    const Traffic& traffic = sum.by_tensor[info.tensor.id];
    for (const auto& [name, bytes] :
         {std::pair{".read_bytes", traffic.read_bytes}, std::pair{".write_bytes", traffic.write_bytes}}) {
      if (bytes != 0) {
        all["two_level.by_tensor." + info.name + name] = bytes;
      }
    }
  }
  all["flops.matmul"] = sum.work.matmul_flops;
  all["flops.other"] = sum.work.other_flops;
  all["flops.exp"] = sum.work.exps;
  all["smem.operand_bytes"] = sum.work.smem_operand_bytes;
  all["smem.peak_bytes_per_block"] = smem_peak(plan);
  const std::vector<std::int64_t> hbm = sim::hbm_bytes_by_kernel(plan, kernels);
  all["hbm_peak_bytes"] = *std::max_element(hbm.begin(), hbm.end());
  return all;
}

// "counter: counted 4 != 5 = B H", for every counter that differs. A tensor that moves nothing has no counter, so a
// form that says 0 for it is right.
std::vector<std::string> differences(const Counted& counted, const std::vector<ClosedForm>& forms) {
  std::vector<std::string> found;
  std::map<std::string, std::int64_t> left = counted;
  for (const ClosedForm& form : forms) {
    const auto entry = left.find(form.counter);
    const std::int64_t value = entry == left.end() ? 0 : entry->second;
    if (value != form.value) {
      found.push_back(form.counter + ": counted " + std::to_string(value) + " != " + std::to_string(form.value) +
                      " = " + form.formula + " = " + form.substituted);
    }
    left.erase(form.counter);
  }
  for (const auto& [counter, value] : left) {
    found.push_back(counter + ": counted " + std::to_string(value) + ", no closed form");
  }
  return found;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += "\n  " + line;
  }
  return text;
}

// ---- Both together ----

std::vector<ClosedForm> forms_of(const std::string& algorithm, const Case& c) {
  return sim::closed_forms(algorithm, c.problem, c.schedule, built_in(c.machine));
}

void check_random_cases(const std::string& algorithm, int count) {
  Cases cases(algorithm);
  for (int n = 0; n < count; ++n) {
    const Case c = cases.next();
    const std::vector<std::string> found = differences(counted(plan_of(algorithm, c)), forms_of(algorithm, c));
    INFO(algorithm << " case " << n << ": " << c.text() << joined(found));
    REQUIRE(found.empty());
  }
}

constexpr int kCases = 400;

std::int64_t value(const std::vector<ClosedForm>& forms, const std::string& counter) {
  return sim::find_closed_form(forms, counter).value;
}

struct Bytes {
  std::int64_t read, write;
};

// Closed form and count both say so.
void check_golden(const std::string& algorithm, const Case& c, const std::string& account, Bytes bytes) {
  INFO(algorithm << ", " << account << ": " << c.text());
  const std::vector<ClosedForm> forms = forms_of(algorithm, c);
  CHECK(value(forms, account + ".read_bytes") == bytes.read);
  CHECK(value(forms, account + ".write_bytes") == bytes.write);
  const std::vector<std::string> found = differences(counted(plan_of(algorithm, c)), forms);
  INFO(joined(found));
  CHECK(found.empty());
}

Case golden_case(const std::string& algorithm, Mask mask) {
  Problem p;
  p.seqlen_q = 1024;
  p.head_dim = 64;
  p.dtype = DType::fp16;
  p.mask = mask;
  Schedule given;
  given.block_q = given.block_kv = 64;
  p = sim::checked(p, false);
  return {p, sim::find_algorithm(algorithm).schedule(p, given, built_in("a100-40gb")), "a100-40gb"};
}

}  // namespace

TEST_CASE("softmax_naive counts equal its closed forms", "[property]") { check_random_cases("softmax_naive", kCases); }
TEST_CASE("softmax_safe counts equal its closed forms", "[property]") { check_random_cases("softmax_safe", kCases); }
TEST_CASE("softmax_online counts equal its closed forms", "[property]") {
  check_random_cases("softmax_online", kCases);
}
TEST_CASE("standard counts equal its closed forms", "[property]") { check_random_cases("standard", kCases); }
TEST_CASE("memory_efficient counts equal its closed forms", "[property]") {
  check_random_cases("memory_efficient", kCases);
}
TEST_CASE("flash1 counts equal its closed forms", "[property]") { check_random_cases("flash1", kCases); }
TEST_CASE("flash2 counts equal its closed forms", "[property]") { check_random_cases("flash2", kCases); }
TEST_CASE("flash_decoding counts equal its closed forms", "[property]") {
  check_random_cases("flash_decoding", kCases);
}

TEST_CASE("the random cases reach every corner", "[property]") {
  for (const char* algorithm : {"flash2", "standard"}) {
    Cases cases(algorithm);
    int blind_rows = 0, grouped = 0, shared = 0, ragged = 0, long_rows = 0;
    for (int n = 0; n < kCases; ++n) {
      const Case c = cases.next();
      const Problem& p = c.problem;
      blind_rows += p.mask == Mask::causal && p.seqlen_q > p.seqlen_kv;
      grouped += p.kv_heads > 1 && p.group() > 1;
      shared += p.kv_heads == 1 && p.group() > 1;
      ragged += p.seqlen_q % c.schedule.block_q != 0 && p.seqlen_kv % c.schedule.block_kv != 0;
      long_rows += c.machine == "blackboard" && p.seqlen_kv > 256;
    }
    INFO(algorithm);
    CHECK(std::min({blind_rows, grouped, shared, ragged, long_rows}) >= 20);
  }
}

TEST_CASE("every algorithm has closed forms, with letters, numbers and a source") {
  for (const Algorithm& algorithm : sim::algorithms()) {
    const Case c = Cases(algorithm.name).next();
    for (const ClosedForm& form : forms_of(algorithm.name, c)) {
      INFO(algorithm.name << " " << form.counter << " = " << form.formula << " = " << form.substituted);
      CHECK(!form.formula.empty());
      CHECK(!form.substituted.empty());
      CHECK(form.source.find("20") != std::string::npos);  // a year
      CHECK((form.unit == "B" || form.unit == "FLOP" || form.unit == "exponentials"));
    }
  }
}

TEST_CASE("published bytes: N 1024, d 64, fp16, tiles of 64, one head", "[golden]") {
  check_golden("standard", golden_case("standard", Mask::none), "paper", {4587520, 4325376});
  for (const std::string account : {"paper", "two_level"}) {
    check_golden("flash1", golden_case("flash1", Mask::none), account, {4587520, 2367488});
    check_golden("flash2", golden_case("flash2", Mask::none), account, {4325376, 135168});
    check_golden("flash2", golden_case("flash2", Mask::causal), account, {2359296, 135168});
  }
}

TEST_CASE("published bytes: one query, 8192 keys, d 128, 8 splits", "[golden]") {
  Case c;
  c.problem.seqlen_q = 1;
  c.problem.seqlen_kv = 8192;
  c.problem.head_dim = 128;
  c.problem = sim::checked(c.problem, false);
  c.machine = "h100-sxm";
  Schedule given;
  given.splits = 8;
  c.schedule = sim::find_algorithm("flash_decoding").schedule(c.problem, given, built_in(c.machine));
  check_golden("flash_decoding", c, "two_level", {4200480, 4388});
  check_golden("flash_decoding", c, "paper", {4200480, 4388});
}

TEST_CASE("softmax accesses an element 3, 4 and 3 times", "[golden]") {
  const std::pair<const char*, std::int64_t> expected[] = {
      {"softmax_naive", 3}, {"softmax_safe", 4}, {"softmax_online", 3}};
  for (const auto& [algorithm, accesses] : expected) {
    Cases cases(algorithm);
    for (int n = 0; n < 20; ++n) {
      const Case c = cases.next();
      Counted counts = counted(plan_of(algorithm, c));
      const std::int64_t bytes = std::int64_t{c.problem.rows} * c.problem.row_length * size_of(c.problem.dtype);
      INFO(algorithm << ": " << c.text());
      CHECK(counts["two_level.read_bytes"] + counts["two_level.write_bytes"] == accesses * bytes);
    }
  }
}

TEST_CASE("bytes by tensor add up to the totals, and the paper's reads never exceed the tiles'", "[property]") {
  for (const Algorithm& algorithm : sim::algorithms()) {
    Cases cases(algorithm.name);
    for (int n = 0; n < 50; ++n) {
      const Case c = cases.next();
      const std::vector<ClosedForm> forms = forms_of(algorithm.name, c);
      std::int64_t read = 0, write = 0;
      for (const ClosedForm& form : forms) {
        const bool of_tensor = form.counter.find(".by_tensor.") != std::string::npos;
        const bool of_reads = form.counter.find(".read_bytes") != std::string::npos;
        read += of_tensor && of_reads ? form.value : 0;
        write += of_tensor && !of_reads ? form.value : 0;
      }
      INFO(algorithm.name << ": " << c.text());
      CHECK(read == value(forms, "two_level.read_bytes"));
      CHECK(write == value(forms, "two_level.write_bytes"));
      CHECK(value(forms, "paper.read_bytes") <= read);
      CHECK(value(forms, "paper.write_bytes") == write);
    }
  }
}

TEST_CASE("flash1 reads as much again as flash2, and writes O once a tile of K more", "[golden]") {
  // 2 + 2 Tc against 1 + 2 Tr: in the two-level account the gain of flash2 is in the writes.
  const std::vector<ClosedForm> one = forms_of("flash1", golden_case("flash1", Mask::none));
  const std::vector<ClosedForm> two = forms_of("flash2", golden_case("flash2", Mask::none));
  const std::int64_t Nde = 1024 * 64 * 2, Tc = 16;
  CHECK(value(one, "two_level.read_bytes") - value(two, "two_level.read_bytes") == Nde + 8 * 1024 * Tc);
  CHECK(value(one, "two_level.by_tensor.O.write_bytes") == (1 + Tc) * value(two, "two_level.by_tensor.O.write_bytes"));
}

// ---- The comparison can fail ----

TEST_CASE("a formula that is off by one is found, by name") {
  for (const Algorithm& algorithm : sim::algorithms()) {
    const Case c = Cases(algorithm.name).next();
    const Counted counts = counted(plan_of(algorithm.name, c));
    std::vector<ClosedForm> forms = forms_of(algorithm.name, c);
    for (ClosedForm& form : forms) {
      ++form.value;
      const std::vector<std::string> found = differences(counts, forms);
      INFO(algorithm.name << ": " << joined(found));
      REQUIRE(found.size() == 1);
      CHECK(found[0].find(form.counter) == 0);
      --form.value;
    }
  }
}

TEST_CASE("a form that is missing is found") {
  const Case c = golden_case("flash2", Mask::none);
  std::vector<ClosedForm> forms = forms_of("flash2", c);
  forms.pop_back();
  CHECK(differences(counted(plan_of("flash2", c)), forms).size() == 1);
}

TEST_CASE("closed forms of other tiles, lengths, dtype or mask do not fit") {
  Case c = golden_case("flash2", Mask::causal);
  const Counted counts = counted(plan_of("flash2", c));
  const auto differs = [&](const auto& change) {
    Case other = c;
    change(other);
    return !differences(counts, forms_of("flash2", other)).empty();
  };
  CHECK_FALSE(differs([](Case&) {}));
  CHECK(differs([](Case& other) { other.schedule.block_q = 65; }));
  CHECK(differs([](Case& other) { other.schedule.block_kv = 65; }));
  CHECK(differs([](Case& other) { other.problem.seqlen_kv = 1023; }));
  CHECK(differs([](Case& other) { other.problem.dtype = DType::fp32; }));
  CHECK(differs([](Case& other) { other.problem.mask = Mask::none; }));
}

TEST_CASE("a program that does a little too much is found") {
  const Case c = golden_case("flash2", Mask::none);
  const Plan right = plan_of("flash2", c);
  const std::vector<ClosedForm> forms = forms_of("flash2", c);
  const auto found_with = [&](const std::function<void(sim::Block&)>& extra) {
    Plan plan = right;
    plan.kernels[0].program = [program = right.kernels[0].program, extra](sim::Block& block) {
      program(block);
      extra(block);
    };
    return differences(counted(plan), forms);
  };
  const sim::Tensor& Q = right.tensors[0].tensor;
  CHECK(found_with([](sim::Block&) {}).empty());
  CHECK(found_with([&](sim::Block& block) { block.load({Q, 0, 0, {1, 1}}); }).size() == 3);  // Q, and two totals
  CHECK(found_with([](sim::Block& block) { sim::exp(block.fill(0, {1, 1})); }).size() == 1);
  CHECK(found_with([](sim::Block& block) { sim::rowsum(block.fill(0, {1, 1})); }).size() == 1);
  CHECK(found_with([](sim::Block& block) {
          const sim::Tile one = block.fill(0, {1, 1});
          sim::dot(one, one);
        }).size() == 1);
}

TEST_CASE("an unknown algorithm or counter is an error that names the nearest") {
  const Case c = golden_case("flash2", Mask::none);
  CHECK_THROWS_WITH(forms_of("flash22", c), Catch::Matchers::ContainsSubstring("flash2"));
  CHECK_THROWS_WITH(sim::find_closed_form(forms_of("flash2", c), "flops.matmull"),
                    Catch::Matchers::ContainsSubstring("flops.matmul"));
}

// ---- Formulas ----

TEST_CASE("a formula keeps letters, numbers and value together") {
  using sim::Formula;
  const Formula N("N", 5), d("d", 3);
  const Formula f = 2 * N * (d + 1) + N * N;
  CHECK(f.letters() == "2 N (d + 1) + N N");
  CHECK(f.numbers() == "2 * 5 * (3 + 1) + 5 * 5");
  CHECK(f.value() == 65);
  CHECK((N * (f - (d + 1))).letters() == "N (2 N (d + 1) + N N - (d + 1))");
  CHECK((N * (f - (d + 1))).value() == 305);
  CHECK((2 * max(N + 1, d * d)).letters() == "2 max(N + 1, d d)");
  CHECK(max(N + 1, d * d).value() == 9);
  CHECK(min(N + 1, d * d).numbers() == "min(5 + 1, 3 * 3)");
}

TEST_CASE("formulas read as in the papers") {
  const Case c = golden_case("flash2", Mask::none);
  const ClosedForm read = sim::find_closed_form(forms_of("flash2", c), "two_level.read_bytes");
  CHECK(read.formula == "B H d e (Nq + 2 Tr Nk)");
  CHECK(read.substituted == "1 * 1 * 64 * 2 * (1024 + 2 * 16 * 1024)");
  CHECK(read.source.find("Dao 2023") == 0);
}
